"""Words that are one token of o200k_base, small or with a capital, after a space or not.

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
bew
"""
