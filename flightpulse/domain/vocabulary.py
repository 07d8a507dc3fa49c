"""The words a template may be written in, and what words outside that list are called.

A list of forbidden words always has a hole: nobody foresees the shuttle bus, the sky club or the sick pilot that a
model may invent. So it is the other way round: a template may only use plain words of service English, and every noun
that could name a thing, a place, a sum or a favour is simply not among them. Lists of forbidden words remain, but only
to say *why* a word was refused.
"""

import re

from flightpulse.domain.airports import AIRPORTS
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GRAMMAR = _words("""
    a about above across after again against ahead all almost along already also although always among an and
    another any anyone anything apart are around as at away be because been before behind being beside between
    beyond both but by can cannot carefully closely concerning could currently deeply despite did directly do does
    doing done due during each either else enough especially even ever every everyone everything first for from
    fully further had has have having here how however if in instead into is it its itself just kindly least likely
    little longer many may meantime meanwhile might more most much must near neither never next no nor not nothing
    now of off on once one only onto or originally other others otherwise our ours out over owing own past possibly
    previously quite rather really recently regarding same shall should simply since sincerely so some someone
    something soon still such than that the their them then there therefore these they this those though through
    throughout to together too toward towards truly under unless until up upon us very via was we were what whatever
    when where whether which whichever while who whoever whose why will with within without would yet you your yours
    yourself
""")
_SERVICE = _words("""
    able accept advise advised affect affected affecting affects agent agents airline airport allow allowing allows
    apologies apologise apologize apologizing apology appreciate appreciated appreciates ask asked asking assist
    assistance assisting attention available aware become best better big board boarding boards booking bookings bring
    brings care cause caused causes causing certain change changed changes changing check checking code come comes
    coming concern concerns confirmation confusion connect connecting connection connections contact contacting
    continue continued continues convenience counting current customer customers dear depart departing departs
    departure departures depend detail details different difficult difficulty display displays disrupt disrupted
    disruption disruptive disturb earliest ease easier easily easy effort encourage end ensure expect expected expects
    experience explain extra eye face family feel final finding flight flights fly flying follow following forward
    friend friends frustrating frustration get gets getting give gives giving glance go goes going good great group
    guest guests hand handy happen happened happens hard head heading hear hearing hello help helpful helping helps
    hesitate hi hope hoping impact important include included includes including inconvenience inconvenienced
    inconvenient inform information informed instructions itinerary join journey keep keeping keeps kind know knowing
    known latest leave leaves leaving length let lets letting like listen look looking lot loyal loyalty made make
    makes making matter matters mean means meant meet meeting member members membership mention message messages mind
    minimize minor moment monitor monitors move moved moves moving nearby necessary need needed needs news note noted
    notice notification nuisance number observe option options original part passenger passengers patience patient
    people perhaps place plan planned planning plans please point possible posted prefer prepare prepared preparing
    previous prior priority proceed provide provided question questions quick quote reach reached reaches reaching
    read ready realise realize reason receive received receiving recognise recognize recommend record reference regret
    regrets regularly relevant remain remaining remains remember remind reminder representative representatives
    request requested requests require required reservation respect rest review right rush safe safely safety schedule
    scheduled schedules screen screens see seeing seen send sending sent serve service serving share sharing show
    showing shown shows sign signs similar sincere situation sorry speak speaking special staff start status stay
    staying stays step steps straight stress sudden suggest support sure take takes taking talk team teams tell
    telling thank thanks thing things think thinking thought time timely times timing told top travel traveler
    travelers traveling traveller travellers travelling travels treat trip trips trouble try unable unchanged
    understand understanding unexpected unfortunate unfortunately update updated updates updating upset upsetting urge
    use used useful using usual usually valid value valued visible wait waited waiting waits walk want wanted wants
    watch watching way ways welcome welcoming well whole wish wishes word words worry write writing
""")
_GATES = _words("gate gates")
_DELAY = _words("""
    adjusted arrival arrive arrives arriving back delay delayed delaying delays estimate estimated expecting held
    hold holding land landing lands late lateness later new postponed push pushed rescheduled revised run running
    runs shifted total
""")
_SHORT = _words("short small brief slight slightly modest")
_LONG = _words("long lengthy significant considerable substantial serious")
_ON_TIME = _words("""
    arrival arrive arrives arriving back delay delayed earlier enjoy estimated expecting glad good great happy land
    landing lands pleasant pleased resume resumes run running runs
""")
_CANCELLATION = _words("""
    alternative alternatives arrange cancel canceled canceling cancellation cancellations cancelled cancelling
    choice choices choose choosing decide disappointed disappointing disappointment find long mark marked new
    operate operating rebook rebooking run running serious suit suitable suits works
""")
_GATE = _words("""
    arrive arriving correct direction directions earlier find glad happy map maps new reassigned relocated signage
    switch switched walking
""")
_TERMINAL = _words("""
    distance far farther hurry immediate immediately long promptly quickly separate short side terminal terminals
    urgency urgent urgently
""")

_VOCABULARIES: dict[Severity, frozenset[str]] = {
    Severity.MINOR: GRAMMAR | _SERVICE | _GATES | _DELAY | _SHORT,
    Severity.MAJOR: GRAMMAR | _SERVICE | _GATES | _DELAY | _LONG,
    Severity.SEVERE: GRAMMAR | _SERVICE | _GATES | _DELAY | _LONG,
    Severity.CANCELLED: GRAMMAR | _SERVICE | _CANCELLATION,
    Severity.GATE: GRAMMAR | _SERVICE | _GATES | _GATE,
    Severity.TERMINAL: GRAMMAR | _SERVICE | _GATES | _GATE | _TERMINAL,
}
_GOOD_NEWS = GRAMMAR | _SERVICE | _GATES | _ON_TIME

ALLOWED_IN_CAPITALS = frozenset({"URGENT", "DIFFERENT", "OTHER", "ANOTHER", "TERMINAL"})
"""Shouting is kept for the one kind of message that may."""

CAPITALIZED_MID_SENTENCE = _words("Your We Please Flight Gate New Departure Confirmation Booking The Thank Our Hi Dear")
"""Words that careless but harmless writing starts with a capital in running text."""

NAMES_AMONG_THE_WORDS = _words("may will mark hope rest kind best hand")
"""Allowed words that would be somebody's name if they began with a capital."""

_STRANGERS: dict[str, frozenset[str]] = {
    "number_word": _words("""
        couple double dozen dozens eight eighteen eighth eighty eleven few fifteen fifth fifty firstly five forty
        four fourteen fourth half halves hundred hundreds million nine nineteen ninety ninth pair percent quarter
        quarters second secondly seven seventeen seventh seventy several single six sixteen sixth sixty ten tenth
        third thirds thirteen thirty thousand thousands three thrice triple twelve twenty twice two zero
    """),
    "time_word": _words("""
        afternoon afternoons am april august clock daily date day days december early evening evenings february
        friday gmt hour hourly hours january july june march midday midnight minute minutes momentarily monday month
        months morning mornings night nights noon november october overnight pm saturday september shortly sunday
        thursday today tomorrow tonight tuesday utc wednesday week weekend weeks year years yesterday
    """),
    "promise": _words("""
        accommodated accommodation accommodations arranged assigned assure assured automatic automatically bag
        baggage bags benefit benefits beverage beverages bonus booked bus charge charges claim claims compensate
        compensated compensation complimentary confirmed cost costs coupon coupons cover covered credit credits
        discount discounts drink drinks eligible entitled exchange exchanged fare fares fee fees fixed food free
        gift gifts guarantee guaranteed guarantees hotel hotels insurance lodging lounge lounges luggage meal meals
        miles offer offered offers points price prices promise promised promises rebooked refund refundable refunded
        refunds reimburse reimbursed reimbursement repaired reserved resolved reward rewards room rooms seat seating
        seats shuttle snack snacks solved standby taxi taxis ticket tickets train transfer transferred upgrade
        upgraded upgrades voucher vouchers waive waived waiver working
    """),
    "money": _words("dollar dollars usd eur euro euros cent cents bucks pound pounds money pay paid payment payments"),
    "contact": _words("""
        address app apps call calling calls chat click com counter counters desk desks dial download email emails
        fax hotline http https kiosk kiosks link links log login mail net office offices online org page phone
        portal qr reply scan site sms tap telephone text texting toll url visit visiting web webpage website www
    """),
    "prompt_leak": _words("""
        ai assistant chatbot field fields ignore input json key keys language languages locale model models openai
        output paragraph paragraphs placeholder placeholders prompt prompts response schema segment segments string
        subject system template templates user users
    """),
    "markup": _words("br div span href nbsp amp lt gt strong em ul li html xml markdown"),
    "cause": _words("""
        accident aircraft airplane attendant attendants blizzard bomb congestion control controllers crew crews
        emergency engine engines equipment fog fuel hurricane ice icing illness incident inspection lightning
        maintenance mechanical medical operation operational operations pilot pilots plane planes rain repair
        repairs security sick snow staffing storm storms strike technical threat thunderstorm thunderstorms traffic
        weather wind winds
    """),
    "place": _words("""
        airside beach building city concourse concourses downtown east floor hall home international island landside
        level north runway south street tarmac west
    """)
    | frozenset(word for place in AIRPORTS.values() for word in re.findall(r"[a-z]{3,}", place.city.lower())),
    "contradiction": _DELAY | _SHORT | _LONG | _ON_TIME | _CANCELLATION | _GATES | _GATE | _TERMINAL,
}


def allowed(segment: Segment) -> frozenset[str]:
    """The words a template of this segment may use, in lower case."""
    return _GOOD_NEWS if segment.kind is Kind.ON_TIME else _VOCABULARIES[segment.severity]


def strangeness(word: str) -> str:
    """Which rule a word outside the vocabulary breaks, by the rule's name."""
    if word in AIRPORTS:
        return "place"
    for rule, words in _STRANGERS.items():
        if word.lower() in words:
            return rule
    return "name" if word[0].isupper() else "vocabulary"
