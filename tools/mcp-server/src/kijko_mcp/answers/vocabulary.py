"""Words that are one token of o200k_base, with a capital or not, after a space or not.

Those of them that this workspace's code and documents use. Made by `python -m mcp_vocabulary` in
tools/mcp-server/tests, from the tokenizer.
"""

WORDS = """\
the in to re th and of is for on be st an com en as it you with that this or le ex if at pr are we
from new do return not your sh by can me was int have ad ab get all will class public us per go so
out has no up pre but set my am more var ro str op col part one they const our self app def time
any over about del stat work function which add use else id also who some data private null when
end other off af year br like name need just org been may true min there them real co what met
value av had would false type how were into make result rel loc sub list than first bo import back
start only its string form look let static best under most find person help want long read ge test
every spec know well hand then through user opt require right pass very these web sol product case
good down where two see post high after ext even now file mark many os way much could while used
try number event here print key log day item last program word text current ins does fa sign
because home such free did before num process take own child view break arg top size show ce model
check world week mit again system call point being made each run place found open support create
super line order service develop method custom state next life request those follow array different
expect same local site style ref really pop main default must object direct fact around rest
between old say term error cert still without month offer err both project max put page report
build ann client come color cost second content too path few port full access effect message stand
head level document team health sure field ca things small table response always present change job
range keep days little three input better room link big power index hard code catch plan family
success got within date account exc struct something left group control services red dist count bar
total base another image area since body give util kind search assert record echo turn email action
required less allow address looking never target bool title ask context video config grow sent
boolean options console version include dev children http match za position map await short update
today working lead making far done away moment label sum times past four along begin source throw
house already side exist property ten given download width block called results large float thing
why low fund learn dies via status sort valid src live having tool single node until len url height
clean load simple once items output select ok card mean often either makes bad problem values
connect later quick ever story initial features details author below store continue space question
face send args press example members host extra player major others media button hold write yet lib
stay save location news hours miss share copy above least focus due application reason row walk
wait close period development auto move future writing ago track click task offers doing option
handle common pack questions clear created comment info users network started role global temp tell
though box length complete known front points async whether series inf dir young watch db choose
install eu fast stop history json query window age unique enter added fit collection character join
environment previous works device render register expected limit parent went step column types
format server engine member early dim answer whole reading password cut apply received suggest
events anything correct switch taking delete draw seen performance among lang tag session interface
remove auth rate cannot feature files sec init command exact background platform percent half sig
except selected words conditions travel language claim five description todo root ts token ord
issue changes includes forward filter taken contract connection active ensure mode inside soon
running tab stream template latest third lower nothing fill bin ready msg ways models standard
params tar condition cause section fail production lie choice matter recent wanted security entry
pretty desc published frame official machine sound round included party prefer returns touch ci
progress resources weeks graph note clients images held random outside rather worth policy written
confirm reach instead leave unit feed safe transport speed late flow average database skills parts
comments cases collect allows storage region ip exception chance cross deep lock activity built
seek tree activities wide nan memory wrong remember header empty slot looks release filename
pattern resource margin properties levels pool parse daily tools abs analysis updated trust sense
sz alert fields pages projects buffer thread starting notice gets elements numbers owner associated
lines category picture verb commit settings sleep names ign parents lost internal hour module trip
uses green profile structure diff dark transfer contains groups tmp plans hands fine fresh offset
piece cat shop defined finish warm changed worked edit dead byte mount setting direction allowed
container fix distance mb effects channel raise push links failed stage states basic drop counter
login entity callback operation img basis force shape constant hear rules places parameters depend
flag route purpose reference wall statement organization package env license fn lag slow difference
io namespace cast editor rates cookies carry blue characters secret limited released budget dry
functions middle videos sender core mail dump soft sample prod devices html letter hop passed rank
patient browser admin username rich actions argument panel generate jobs pictures manager serve
returned healthy tip played maximum largest saved pair iter writer rule exit monitor components
hash tests sql agree expand rev stack detail messages requires insert topic logger reader js pil
reports operator parameter audio variable completed edge pad library figure txt api wire listen raw
enable loop named sources forms mp bound bytes ee calls finished script objects export nor agent
domain dict removed arguments cache lit sets ast fetch strict upload seconds listed connected
operations finding cold ahead opening compare sys external apart schedule configuration journal
gone ud posted processing doctor critical closed zero transaction missing orders distribution
directory unless equal attr scope split inner none tail pieces older reset origin shift poll notes
apps signal describe quarter expression keys exists exchange upper py attribute prepared delay
fixed starts replace units handler math destination mine chain headers whatever cancel remote rows
duration depth tasks queue stars prepare runs batch generated requests changing organizations
forget workers hang recommended loaded dt dynamic hidden feedback resolve failure medium submit
permission odd eight parser filled managed yield windows mouse calling choices yes proc factory
stores payload torch machines ui trigger answers meta signed ran advance segment verify cursor
assign validate native zone quiet socket attributes debug ms phase prompt enum flight matches
visible asset router chart slots remaining raised instructions checked binary folder examples
columns nodes execute invalid contents busy cycle installation kill combined manifest inline bare
definition fs disabled plugin sizes zip stored refresh sequence integer mixed publish holding
colour clock hub dot tables tags usage xml skip hook protocol identity quote enabled reply shares
hide categories blank linked listing ends interval append broken requested quantity eb md seed
resolution flags drag logging priority holder authors fold navigation absolute bomb assets ignore
ordered codes unknown wal perf disk ratio gw promise blocks completion bits reverse wheel strings
optional ns initialize summary sending spaces entries prefix cookie framework eq pt fragment noise
react bind checking uri digit modified comparison notification draft adds trim capture lists moves
proof actor schema warning validation yellow stats nine listener facts lets routes glob sessions
frequency span clip gap tiny shell assembly sorted copies membership matching extend tokens rust
merge wrap deleted saving wake ada upgrade desk fault dataset execution addresses patch catalog ram
remark incident colon drawing regions scheme connections generic kin compact gb passing filters
metadata bold disable sha plain assigned trace escape stretch evaluate statistics bundle resume
bars sentence inputs circle ending emails checks stable layers union transactions stem limits
migration responses titles mapping worker collections python printed utf sid emit kernel marks pipe
repeat strip temporary keyboard explicit repository rc judge paths closing fits deploy navigate
alive heading compute linear commands modules chunk generator animated translation notify warn
encoding sync maps threshold proxy restore desktop assignment rounded compatible profiles utils
timestamp peer integration cd forgot fixture wins exec logged backup trusted frames unexpected
aside falls leaf configure alias inject hex servers writes packed hint infer reserve ops phrase git
templates lambda preview resident pending mirror bucket ii curl overview contracts nb clone counts
metrics scratch loads bulk threads verified stamp pipeline cuts processor credentials interrupt
locked equals endpoint declare checkout css authentication snapshot plugins formats pause iterator
ping sock constraints vendor pixels parsed digest encode tuple median reads observe avg repo
wrapped probe audit dirty decode imports runtime queries pg paste drops bb outputs analytics fatal
ws ships fraction registry arrow approx libraries compress startup trap extensions descriptor epoch
ports metric containers logs cpu vars fork caller notifications defaults silent unsafe incoming
english flush constants charts embedded backend exceptions runner streams scripts cached anonymous
aa minus compile observer gradient hello dup literal compression intersection pins chains boom ae
sampling chrome blocking workflow analyse validator revision timeline retry syntax connector prog
fb snake nested benchmark cf geo alerts iso blur blob gateway encoder cors ctrl workspace locks nx
dependency formatter freeze cli raises svg lt fc remarks docs executor routing idle pix thumbnail
disconnect hooks cron typed gif scheduler relay docker rename matcher tcp rp planner authenticate
github linux mono orb codec artifact hunter javascript slash latin sandbox misc breadcrumb
immutable unix inet multipart
"""
