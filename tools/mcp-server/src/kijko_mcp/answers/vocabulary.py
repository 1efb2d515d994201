"""Words that are one token of o200k_base, with a capital or not, after a space or not.

Made by `python -m mcp_vocabulary` in tools/mcp-server/tests, from the tokenizer.
"""

WORDS = """\
the in to re th and of de is for on con be st al pro an com ne se en wh as qu it you with that this
tr he or le ex un if at ch pr are la cl we from su new do return not pl your sh ar el by que can me
was int have par ad ab res get all te des will class public us im per vo go so dis ma cont out und
has et no em up man pre es sa but est na set my am more var ro gr str op inter col part one void sp
ag they const da our pe comp self app def time any ob over die about del stat work er function
which ent add bl van bu fe use else para id also who der his some data ver private pos null acc
when je end other off af year br like name need kn di reg just act org ser her been may les true
min een there rec them real ac che por ind ph hel comm los co what bet ap met value fr lo het av
had val sc du cons med det would false type how dr dif were into sur cre make result rel loc sub fl
java list than first aw bo import tem back start ein only ke its fil string inform form look let
static best under trans most find person ed help ng rem car ass want don long gu sk inst um final
arr read ge ve test every spec know sm mon cr she well pres sch si den il exper som hand mod dat
then through pol user char inv opt require sim right pass stud very these web dec sol product case
good mak cor ka vis bel prof dur down bus where two see sl post att pour aut high after ext even
now art eff men una file sup mark many os las gl cal way much dem ho could om ou while used try fam
og number mo serv years event here play cas print fin key log day information item pas last sin tak
program word text current great ins gener does fa sign because home such free did before num
process provid ya online voor take ste own child view cap das break arg top size sit show ce model
using design sal check world week son book mit think business tot again system call prote cent pa
zu point produ being rep mat made each poss run une ha place qual po cle soc found open ist support
create pat como super line cho ku ni order service develop contin method custom quest state next
life request those follow care mu vol vi array different oper prov beg expect mov dans mar organ
same intern local site rece proble style ref really ik pop sem ide main sw net pay qui default au
exp commun equ must dan von game conf object direct fun dep fact hab around cu rest ta between cour
ret wer old say non mais market term error cert ti pu android mus still ang plus auf without month
ak mas disc offer err both ben project max put page report build uma ann love leg client seg come
ter als ba std color fri cost second content too path eng few wa hist port aan lim full appro pod
access effect kan ja company message stand spe head ko feel kom pot zijn level document team mill
enc bas mem health sure experience invest field lot ca imp things mag ir small table iss won ki sex
mom protect response always consider present tu change ans perform job range during keep review
prom days important aff little hum dos three water expl input va interest better room website ess
til link including big ol mult power index school li hard code catch plan vous family double
success got fac within date account exc sam struct something bit beh nicht left group element
control services special provide red mot dist count bar total base chang another image area since
vers body give gen hot trav war har util kind search air assert social contact record echo bro turn
email gre fore action bed able bir niet dest anal required less allow address looking never target
material sus bool mil param dig title ask context video personal config grow cou mal entre sent
boolean buy dom options mes console products money adv price version include avec dev ident
children law http fre sn nov uns aus match za bes mi nos position ing map await short update lat
visit uit nil hal today eine sob mach sou dire bij obj blog working nu door based lead appe lik
comb making occ ze far activ kun course cam done auch research ur yang away alle ay moment cell
light label sum div easy food vari wel times past four mind along begin source od ens throw house
already iz software side exist deb cover property ten given download width protected block called
tre mer kw results perfect cur prim ra large benef ny bi float pag thing why din individual win
certain este low camp conc elect respons inte fund learn alg dies via status students sort ut
thought trad amount neg valid src hat live having inc ook esc situ land tool display single talk
node until ant ich len kon mor func cond url educ publ gro height cult clean mis och load simple
nie once items output select wat original dit ok card cir actually mean often either makes bad tod
problem comput hom supp getting dam values deal community connect cred mass please sobre amb bon
later geb quick ao night specific tal ever story initial features details natur ele author below
store continue space prob emp question ont country instance cook face send phot pur args uint clos
press example members alt bal ber study gar host extra heb ach city player major others games media
sens especial button hold write yet prec kl polit lib stay save autom location favor news pers font
nga teach throws sche hours oder sav miss women share pie copy above least nam friend provided
focus represent due application reason season bre row walk pick wait close period development auto
hu move future tamb writing ago track click task offers sie dating doing inn option handle princip
gir ev pal bien common pack sym questions clear ah created zo comment info typ music users human
network determ started maint ren role tw tele bil compet pred global nh econom temp tell though
hope tout cy box length strong complete bei known ges nach obt front points tax async film whether
ple series deg maar inf heart dir young fall respect watch bring db dar choose install eu fast
friends stop history hor wie json query phone pet anim infl window industry btn age unique enter
million kh added fit vor strateg sil article wir collection ot uk virt yn fig exam phys aux
character addition near join tim environment previous works hon trab override prop device render wr
hi nd register expected terms energy black perm ep limit parent went step general customer column
types format server engine pen sel member contr ek early weight dim answer idea terr hier whole
normal indic reading password cut apply received express suggest coll mel events fi anything
correct onder training sy switch taking delete center gi draw nous seen internet screen performance
among sing lang wonder prior tag session interface impact remove auth natural rate priv rap loss
cannot feature integr actual files sec opp init tro brand command voc exact comfort background
platform grand implement percent hotel half sig except sen selected pan words component rights pi
living conditions travel management sites foot language claim dog potential fire staff nog white
veh five esta ill kar description mut hol dro todo casino ju conv bud nou stock ger decl nas root
gam emb vir ts token ord additional issue changes han paper cele includes ga forward filter mir
taken contract trying connection tech bab ses crit bill refer az areas active quite reserv ensure
student border mode inside soon dal tom almost running board plant doc ax modern currently fan waar
sv era tab flex stream ful nur prem credit jed ded office template latest third famil bank todos
aqu sab lower nothing regular fill compr bin mid fra tour usually ready msg gew ways ib recommend
models standard risk params reviews manufact tar digital condition increase entr cause plac section
hit lov fail song transform mobile production bag lie happy sales choice fab matter fo recent books
wanted security bis subs ru drug players imm yo coming entry req aj pretty desc higher meer
published bol pero frame altern official purchase gas vel ig prevent sun ris machine virtual sound
round sale included party prefer noch tur returns touch arch oil pel nice zum ci progress temper
mai resources six kr pain sell parte fol weeks esp graph note clients menu images held systems
drive tor hun learning random gest continu hy viol outside rather international forma worth upon
policy located introdu aud solution distributed written vert computer multiple confirm reach mens
nem nt instead leave unit ei feed san dia safe transport speed ground kids legal bul ul administr
assist vac national apr rom tit proced late flow average education database nature skills spr
materials ball parts norm imag cha comments icon paint cases collect allows storage charg proper
zur region comme skin pun ip excellent chat complex exception fort death cop chance gel nom cross
deep hair lock activity built wish leading faire seek cart cool tree activities wide band nan
memory instit consult wrong remember header empty slot unt looks release circ town quant fant
filename practice movie playing star gan growth aber cada discover kas meng ability pap pattern
resource photos hay tan expert favorite compar ton floor margin properties charge levels jour pool
avoid evalu god vida parse daily mehr score compl equipment tools firm ai selection abs capt liter
analysis prices convert career roll boy jo verd effective updated concept trust bath pros fer sense
train sz club dh alert liv fields pages projects aspect gold km buffer vie thread starting notice
lu gets elements mention kam blood views numbers observ owner associated delivery adult histor rob
tid lines rock category oh picture dag bottom verb kwa college road commit settings innov sleep
names earn sold cin photo ign woman pul parents solid durch lost advert internal enh hour module
muy trip positive uses rot smart cab green profile desde structure diff drink girl dark cov
transfer contains groups opin pes rat kut tmp led raz driver plans hands mm scr cos fine nj
countries fresh offset cit kat lic capital nut syn piece jud ven cat ideal numer ini fat industr
shop primary defined finish warm oc bak pare ban changed worked mol prime edit oo constructor dead
ye byte mount former cm setting execut stress direction pub lig payment allowed vit container fix
wood scale distance mb effects summer channel raise cash push stuff ped bur links failed optim
solutions hem sport strength applications stage vict states conduct camera mun basic drop counter
rent login entity callback operation fair img partner align ez interesting respond basis force
padding shape constant existing birth hear fest rules places veel parameters eyes sea depend fully
flag stra akt route theme commercial culture purpose reference wall porque pens statement
organization unter gran package vector nombre env license tra surface mix eg construction motor
classes pow fn thinking lag slow dream difference physical io namespace vill sans cast editor rates
intent fight cookies carry diagn tips blue characters vent giving degree lab secret limited tun
released lan rad reserved paid kal master budget solo dry functions stories mul gem mother middle
spot univers cum videos wenn symbol posts moving sometimes sender kur core kont mail maybe dump
baby sat soft gratis mort ons hund sample geen prod vs devices bez planning html pin restr prev
layer letter adjust ri tou hop dent passed rank campaign court gift patient sports browser anti
modify admin ia username contra rich labor damage actions quer argument tx panel sed generate jobs
nation nag pictures micro arm vos manager corpor ble curr serve returned healthy tip nav played
bere dol ces bem cards dress trade layout maximum vec pand largest saved grid principal vend
articles heat pair quel iter traditional produce balance bat chem writer rule exit monitor ale tam
components merc hash viv fu overall tel greater tests sand sql agree fabric strategy cel instr fir
employees expand colors kap rev cer hospital stack lots clin conn detail messages requires serial
shipping ty insert psych topic mask uw logger gez ps eye reader js diet pil tv reports gut metal
operator glass tipo gy parameter feet audio variable sett guid central gal ker retr completed
weather provider album adapt temps edge kor thank scene bonus electric ole sector nak ingred dialog
wind vid science farm ea eat cells scient visual bot cro fans pad wo library race mand gradu mac
figure txt economic wet incl api pull bh wire lok spread identify listen mur raw resp enable fel
girls shoot elle loop estr ll named wax testing mist ster sar discount sources forms cup station
launch mp mont dont tempo anc award income ub builder wear bound father ult gain thr burn bytes
tent loan manage ee ej calls besch finished cmd immer thanks script fav quando objects fear vil
export spect aim nor hasta trial agent park initi ged kil domain valor radio detect secure dict
props friendly removed arguments isso pom zelf although cache agr church lit sets dy ast vu fetch
naj fon strict bra upload uno hyd seconds listed connected operations mission cloud estate lev
finding reflect cv cold multi ov vai challenge wij sb ahead iyo fal opening controller compare sys
external ati atr matrix apart schedule jeg dispatch born configuration journal gone nar ud posted
processing alloc factor wild artist doctor rub copyright ment grad rapid permit critical truth
mental dus uz ship closed proces sweet zero cheap jam shot hoe transaction missing alles flat male
zw coffee experiment orders poor cant distribution directory leader gj gesch rid els lose welcome
beste mad unless equal fees attr scope split updates tri homes adding intr werk inner none fee ali
civil vom nap tail luck ade trail pieces movement prest nat older ring fashion reset instant rare
supported origin shift styles poll plot lux spring logo notes construct pri apps signal describe
brain stick street tap mg heavy seven veg holiday perhaps ug quarter moder expression pra advanced
keys eta abstract mess exists exchange upper chi ham blo pon py rect attribute prepared delay ved
define bek fond orient fixed ano starts vr primer smooth wil porn habit centre weiter kad replace
dess units mater handler alternative mock math destination pent mine avant champ courses kit tok
gef meg extract autor earth chain danger headers whatever cancel exercise bah adm remote rows weak
deposit duration toe rh rating depth tasks cars winter queue department classic ell stars prepare
craft bright runs kol garden alla square batch aid generated requests changing mud truck
organizations king suite forget workers objet sek jump implementation rain hang recommended destroy
employee fish repair plants algo thus buf mee animal generation loaded movies registered dt dynamic
wid jur radi ath vote hidden feedback kid resolve accounts flash west failure medium submit vision
pac pert pure permission depart alter vy tf corner crypt odd eight parser dip trib locations filled
managed lub redis selling sad district diam kes tl stone pak fly tek yield windows domin pic datas
recipe estas lin vak mouse transition calling parking choices hin procedure yes depending proc
factory heel thi joint poly stores jak payload torch plate machines scan taste ui lect trigger
answers ana meta loading ef gun nun signed cad forum ran aug tum advance segment ice kg fuel reject
charges volt goods foto verify sj kul cursor wy march stim wine instrument assign kub cs validate
lav walking south animals native flo mini kot zone quiet crow ride socket vin bond jun kaj equip
fot rs attributes rou debug manual winning vacc snow ms dok phase prompt providers enum flight
matches dav visible asset dou ly permissions router mic chart fruit consumer plastic slots grade
species extension songs mant ils pok compat magn dates impl remaining trait conference rum raised
guest tat agency seat bg uso trat sounds instructions dere ua lista maj checked tau ama binary
folder kv lay cities examples scroll extr conversation simpl premium columns nodes hell execute neu
invalid amer female contents busy battery cycle battle yi installation kill cream spl combined
manifest positions survey inline tras registration joy pd hyp profit gra yak teen bid bare
importance dad definition skill egg fs tank eth disabled confidence municip plugin episode mt north
sizes ihe bird kup zip jul pointer stored sono hl cot ket vind refresh ft sequence prot axis vrij
registr integer segu hv salt buck massage bear engineering mixed zus publish holding rod colour
geme ela trend sele otro plane onde laat peng clock hub chair summ reward dot tables rise tags
usage iy canvas bor sheet xml nome skip ticket hook protocol identity clar rig quote protein ec mah
kick hall hip enabled pret reply dogs shares gear beat disp vier nel artists hou samples timer
variant succ hide deck categories blank corr trees linked mob listing pit ese tas iron widget kab
exclusive leb cra ends candidate interval kosten labels pump append binding broken boot cri
requested elig virus quantity eb md seed extended dz sky tickets tin assim ante resolution flags ml
bew alpha studio bike mig gay bay eso drag spin arbe kung yon orig handling zap multip regional
styled cela pris logging pose snap criteria bou ey pam basket priority solar pdf gender holder
grupo google authors tile fold birthday navigation solve ads absolute texture bomb cher zn assets
motion ignore ordered lever codes unknown predict calculate modal tea oct wal commission quem grab
perf lights disk coment ratio gw promise nuevo prin haz esto blocks completion pier interpret
manufacturer bits programme reverse roz wheel strings doors gard rol optional ear lip datos ns
hardware standing doch refund pitch ease initialize fitness channels mw termin estos nk desired dow
logic dance jan concert gent summary cub recover mobil sending sensor gaming booking spaces entries
yr prefix formation calendar cust pc jug foods sept prix fib delta lap animation roles currency wis
likes vest eig cookie bio fy framework scores speech designer eq pt medicine hora quart fragment
noise react ace alta tema dias bind checking bug uri digit kay replacement bom modified comparison
gang notification tran mk draft rand adds trim esk capture amen excel forced lon buff essa poz ina
hire housing organic forest lists winner cet dw moves pis ito formal bread proof gene actor gol
presentation schema lift warning validation zak hr dish tritur tik yellow brown unable stats nine
bout listener percentage facts cluster lets magic biz routes chez glob sessions frequency span voy
gast clip ara imper bang institution gap selector vet routine kel milk tiny festival shell chapter
controls assembly county sorted iki stroke wx arts assessment nen copies employment preferred mond
membership tha wi silver matching extend ox pois cara tet adj tracking ako ore tokens rust lak
merge poster shr kev wrap invent tai deleted appointment functional wave saving mam asp gym walls
grant wake ada scheduled river voir withdraw contrast ville formula beer adapter kir storm rear
zona novo fake miner lis upgrade desk fault wan iv robot bw dataset execution addresses patch
posting pem preg catalog chief hero ram ss remark incident enemy vale colon horse drawing kem
regions scheme mart connections lam generic radius enumer kin compact nic packet sap gb anda
passing instruction filters feb uniform stor bone jack graphics metadata bold disable seit otra
beta weekly hur bow contest usu sha plain evaluation reaction buttons secondary sections assigned
nal trace vou escape hits sir salary stretch kos evaluate rail pont eligible league combine
statistics bundle ken inventory resume lighting acceler kana bars vide seo wash pron dose sentence
innovation shadow thu resultado foundation phen serie dimension inputs boxes verg circle ending
emails ink faces marker dice checks nivel stable prima bias layers eles dictionary tube cake dust
conversion tracks ave coin sis leng union mesh afin transactions stem tie styl rez representation
dic certificate kenn pink aur ella interaction broadcast limits ray migration eh lek coding
enterprise responses kort titles clientes retro portfolio thin mapping cidade nova vice vl mos
quotes worker collections hyper pant mana cock python wallet languages combat printed campo categor
productos fuck utf sid grass sink emit kernel bench gaz marks sf pipe ds vista repeat banks strip
vm hole temporary controlled keyboard marca jaw association crew sorry objective oz rose graduate
elem produk chip explicit cute hen tone gab ry aggreg repository modelo ptr bridge rede rc judge
asc paths boss idi lum laser closing fits spo alarm overs expenses instances deploy cliente lesson
lady east gallery electron meter navigate sta alive rotation usuario illegal pep heading stake ngo
plug jar compute linear commands ora modules tex addr chunk borrow advantages gli semi generator
animated tutorial translation notify increment warn cry nr encoding sync finger chap proposal
optimal zoom votes editing seller aval baz rice aunque leer ware ji blogs developer barn maps spark
sexo promotion threshold dados obs pw hak producer bonne quanto gig yer proxy restore desktop orden
identifier bearing acts assignment rounded kart compatible profiles heads printing utils difficulty
ort sq timestamp peer utility integration cord gee broker xa pig cd brush translate frag ling
screens toggle slide qa ratings laugh pole tb abort uku dob rip eks fen surf dial rak forgot helper
fixture fare blend zie blind wins mitt vertex committee yan references interactive mysql exec dual
okay logged phones backup dealer swap trusted horizontal sect frames mate contacts incorrect dub
supplier lean unexpected handles aside charset calc scenario falls ie gross flower coord receiver
leaf pixel organisation configure shots cargo allen outer ic alias facebook stations dor inject
brit aku bos speaker hex jet cod servers invite orange herr ung stub entities lake demo texto
evento fecha curso pai bass sty caps bull keyword preferences writes nick ion crypto wrapper ow
trash packed vraag oy venue hint kod hart seb parallel pir hil seq tweet mint producto lou weapon
infer deleg xi reserve portal nah plat arc bron peso spa ops px chef fog pref nit tes mr pla lj
lens beds graphic gh gate phrase nest arte unlock pend pf rated git ley bild mars ache jen lol
composition templates mh density ric pets curve confirmation tick kami apa quit hack bean cp cycl
transparent amp strike bob paragraph lambda preview yu sto resident pizza zd pending coupon mirror
fed expanded buyer kim stocks csv browse bucket arqu bibli ii converted rah paras locale ips lei
moon curl overview pilot ata army overflow contracts viz nb delegate dl clone portable cats hari ky
printer fiber visitor soy activation dod counts placement museum lazy andre metrics flip scratch
chu proto spell fade assistant loads bulk threads verified quiz classe promo bog expense rab stamp
eval sr pipeline connecting dx thai inclusive cuts processor orientation dao credentials gestion
interrupt bands locked ener equals endpoint declare keywords christ vamos episodes operators steam
checkout css cow artikel chron ym visa expr bounds emotion landing slice pais wise naz apple lamp
toy ingen terrain loader authentication vad alignment province foo ranking snapshot plugins hover
scanner formats vue pause iterator seal authorized kai ping ward mme ordering simulation sock qua
retrieve constraints vendor anchor pixels czy ani quan parsed digest bases meth crop encode tuple
wed kaz experimental vic gin cone median reads sep pb jer observe avg quad liste isi sess cand repo
yii avis grades wrapped breed probe bullet audit boa rotate lecture indicator combo dirty decode
imports runtime queries bell pg gray hill paste drops ther actors mex lease nz outline bb publisher
edu venta grey dispose balls outputs dak vien associate tk tong tiles nota bund verse lite ghost
analytics hd imagen persist maker auction loko fatal hos offline chrom ws bt crear mein ships bib
tensor astr rush fraction registry arrow twitter spam particle nama approx corn libraries zones
compress intro lar toast merk mn scar startup charging trap favorites responsive atom visibility
grund verification extensions dummy forums genes hai macro descriptor luc powered reservation
optimization ros arena nik anth consume thumb collision epoch stan ports scalar metric tower
usuarios containers controle logs bs definitions tc physics projekt conte ott brick orth cep uf xu
anime ond floating cpu isa mostrar edad invoice invoke diamond vars activate restricted flux
logical pics beam inspect fork compound sprite roman td mounted mc infra caller trainer banner
burst heap lyrics jos comic ary defines chan notifications defaults rx accent tbl clinic shi reload
modifier perc parcel silent oku unsafe lex hp incoming english flush dc gia uy teil purple vod mesa
sequ youtube jy sd albums tabs constants elite collapse villa dek closure charts ark spawn tenant
embedded alien rt backend lua dash realm brace firebase analog graf exceptions runner popup streams
cleanup hw bitmap gui marine gov warehouse dock scripts cached zen tp classification polar pedido
osc slider reflection registro linha deployment nc spy resolver anonymous wiki quadr lane horn prep
wu eco icons gram metro wifi wing tray aa elastic dashboard minus mall cass phi compile bubble tow
colored observer ct gradient gamma heal hello resize dup bones aya hammer duplicate alan longitude
buk projection rack literal rd starter triangle wow jwt converter sip grammar compression commerce
intersection india tier abb palette pins hud queen badge pane pren vat regex caption leo chains
annotation chr blade cole rus subscriber boom ae theta hamb nm alternate embed dj nec compose
profil mapper logout drawer opera pulse sampling chrome persistent china indexed blocking workflow
analyse ups fleet ix firma programm xe nich pivot dyn lor packing validator revision pear zi
interfaces blast footer viewer constraint holy timeline peg stu gravity frm dang administrator mf
nev hey allocation retry syntax tol gn hei angel bd wars compiler leider rectangle jes buzz ori
animate lear poi raj memo connector merchant uh playlist prog hung cube categoria fb casting ash
snake inicio maz qo corp extras dienst sigma quelle overlay dense adam nested perfil fors prototype
benchmark alphabet cf abr geo alerts serializer iso sticky fusion blur php allocate billing canon
clas rut blob jon kent amazon gateway anh tweets encoder sms cors ctrl uni workspace ted acad
consulta rewrite bras locks nx dependency advisor utilities formatter usb gtk atomic unsupported
freeze separator serialize oui cli raises bloc sorting mega sphere tester svg arab numeric lt fc lv
remarks datum pads oak mutation ajax guild docs klik predicate postal neb tracker autos wei
executor fonts controllers anch bee collector routing idle pix thumbnail pagination disconnect
mutable zeit hooks spiel blu masters wann burger discord cipher vault cus oj buddy bao bounce abra
multiply fax tabla xt encrypt maze cron cla rocket hoc codigo harga checkbox cms typed unity gif
lees undo torrent bots scheduler omega ruta voucher fx mods pars relay vip composer gesture psi
finder orbit jac widgets duck middleware asian docker rename adresse haha solver matcher pv mongo
bolt operand qi serialized tcp liga rp unicode annot john guru polygon elf jim meteor fred aws alb
blink assembl locker funnels wolf deserialize rio commodity lion planner deprecated authenticate
worksheet rabbit github roy ys neo wizard opc unidad ford lord getter picker fox pokemon nv ln
linux citation mono ether raid mime phil opcode weighted spi bounding criterion navigator
conditional infos hoa editable nano setter dept vk ced iran barang labs orb codec rails artifact
emoji rpc bye checker adaptive gren glyph cascade elm mutex cate asia hunter javascript bern bru
slash oval xin dex translator ks stripe latin observable innen alex qty cue bj abi camel jets titel
jdbc keeper bart oracle anne atl pods intel mage locator lee validators qt moz ruby ack sandbox
thor clipboard binder servo pager haus bella amt emer loot nee gil shim pho anna fern dong hong agg
misc eva ron forge hg warp walker preis hb serialization zh breadcrumb kate halo conexion wohn
immutable atlas pawn mary sho paging woo chen mui roma unix xm berry beth nike eti anton umb crud
inet expo uber kee azure cape twig minecraft wishlist alice parm multipart mons marshal greg
ethereum commons ross liz smith afr amy joe sony gru arn adr hola zend hz jay intl brook
"""
