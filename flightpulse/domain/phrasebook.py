"""The clauses that templates may be made of, each read with the question what a passenger would rely on.

One entry a line; a line that begins with a space goes on with the entry before. ``[a|b]`` may be left out,
``[a|b]*`` may come any number of times, ``(a|b)`` is one of them, ``<name>`` a phrase, ``\\(`` a bracket in the text.
Facts stand here only as placeholders, whose own rules say where each may be.
"""

from flightpulse.domain.segments import Kind

PHRASES = """
adv = [very|truly|really|deeply|sincerely|so|fully|once|again|also|certainly|especially|quite|all|too]*
route = [from {origin}|to {destination}|on {date}|for {date}|[,] scheduled for {date}]*
number = [flight] {flight} <route>
flight = ([your|the|this|our] [upcoming] <number>|(your|the|this|our) flight <route>)
confirmation = [code|number|reference|is|:]* [\\(] {confirmation} [\\)]
booking = your (booking|reservation) [[with] [confirmation] <confirmation>]
code = (your|the|[with|by] your|this) (confirmation|booking|reservation) [code|number|reference] [<confirmation>]
people = (team|teams|staff|agents|representatives|team members)
team = (our [airport|customer|service]* <people>|an agent|one of our (agents|<people>|team members)|[a] (member|
    members) of our <people>|a representative|a member of the [airport] team|the [airport] <people>|any member of our
    <people>) [at the airport|in the airport|here]
us = (us|<team>)
screens = ([the|all|our] [latest|airport|departure|departures|flight|information]* (screens|boards|displays|screen|
    display|information|departures|updates)) [at the airport|at [your] <gate_place>|in the airport|near you]
gate_place = (gate|airport)
for_news = [for ([any|the|further|latest|more|gate|new|possible]* (updates|changes|information|update|time|times|
    change|news|details|gate)) [to [your|the] (flight|gate|time|plans)]]
on_the_way = [before you (go|head|walk|leave|proceed) (to|for) (the|your) (gate|airport)|before boarding|when you
    (arrive|get|are) [there|at the airport]|on your way [to the gate]|as you (go|travel)|at the airport|before
    heading to (the|your) (gate|airport)|before going to (the|your) (gate|airport)|regularly|closely|again|while you
    wait|as (times|it) (may|can|could|might) still change|, [as|since] (times|it|the time|the gate|gates) (may|can|
    could|might) (still|also)* change [again]]*
adjective = (frustrating|inconvenient|upsetting|disappointing|disruptive|difficult|hard|stressful|important|
    unexpected|unfortunate|serious|confusing|disturbing|valuable|significant|long|much)
trouble = ([any|the|this|all the|and|such a|such|a|your|some|further|extra|added|an]* (inconvenience|disruption|
    trouble|frustration|stress|disappointment|confusion|delay|delays|wait|waiting|cancellation|change|changes|
    situation|news|difficulty|upset|concern|impact|inconvenience and frustration|short notice|extra distance|sudden
    change|gate change|lateness|disturbance|rush|worry) [and (inconvenience|frustration|stress|trouble|disruption|
    disappointment|confusion|concern|wait|worry)])
caused = [[that] (this|it|the delay|the change|we|the cancellation|this change|this delay|this cancellation|this
    news|this situation|this wait) (may|might|will|could|is|has|have)* (cause|caused|causes|causing|bring|brings|
    bring to|create|creates|have) [you|for you|to your plans|to you|with your plans]|caused by this (delay|change|
    cancellation)|caused by the (delay|change|cancellation)|to your [travel] (plans|journey|trip|day|schedule|
    travels)|for you|at such a time|and for <trouble>|on this (journey|trip)]*
apology = (apologies|apology|regret|regrets)
patience = (patience|understanding|patience and understanding|understanding and patience|cooperation|kindness|
    loyalty|time|attention|patience and loyalty|loyalty and patience|loyalty and understanding|continued (loyalty|
    patience)|prompt attention|immediate attention|flexibility|trust)
how_it_is = (how (hard|frustrating|difficult|disruptive) such a [long]* (wait|delay|change) is [and how much it
    affects your plans]|[that] (changes|a change|delays) to your (plans|schedule|journey|trip) (can be|are|is) <adv>
    <adjective>|[that] even a (short|small|little|brief) (delay|change|wait) (can be|is) <adv> <adjective>|[that] it
    (affects|disrupts|upsets) your [travel]* plans|[that] a delay (of this length|like this|this long) is <adv>
    <adjective>|this is not how you (wanted|hoped|planned|expected) your (journey|trip|day) to start|how <adv>
    <adjective> [and <adjective>] [a (delay|cancellation|wait|change) [like this|this long]|[any] (delays|delay|
    changes)|[this|these|it|that|the] [news|delay|change|cancellation|wait|situation|kind of (news|delay)]] (is|are|
    can be|must be|may be|could be|might be|can feel|must feel) [for you] [when you (have|had) [other|important]
    plans] [to your [travel] plans|for your plans]|how <adv> much (you were (counting on|looking forward to) (this|
    your) (trip|flight|journey)|this (can|may|could|might|will) (disrupt|affect|upset) your [travel] (plans|day|
    journey|trip|schedule)|it can disrupt your plans [and those of the people who are expecting you]|your time means|
    this matters [to you]|your (time|plans|trip|journey) (matter|matters|mean|means) [to you|to us])|[that] your time
    (is (important|valuable)|matters)|[that] your plans (are important|matter)|[that] [any] (delays|delay|changes|
    <wait>) (can be|are|is) <adv> <adjective>|[that] this (is|may be|can be|was|must be|might be|could be) [not] [a|
    an] <adv> <adjective> [and <adjective>] [news|situation|for you|wait|change|time|to hear|delay|experience]*|
    [that] this (is not what you (expected|wanted|had planned|were expecting|planned|hoped for|were hoping for)|may
    (affect|disrupt|upset|change) your [travel|other]* (plans|journey|day|schedule|trip)|(affects|disrupts|upsets)
    your [travel|other]* (plans|journey|day|schedule|trip)|(can|could|might) (affect|disrupt|upset) your [travel|
    other]* (plans|journey|day|schedule|trip)|has (affected|disrupted|upset) your [travel|other]* (plans|journey|day|
    schedule|trip)|(can|may|could|might) (cause|bring) <trouble> [to you|for you|for your plans])|[that] (<wait>|
    waiting) (can|could|may) (upset|disrupt|affect) your [travel|other]* (plans|day|journey|schedule)|that (other|
    your) plans may depend on this (trip|flight|journey)|that even a little extra waiting is a nuisance|[that] you
    [may] have (other|important|further)* plans [and people (expecting|meeting|waiting for) you]|[that] (people|
    friends|family) may be (waiting for|expecting|meeting) you|[that] people are waiting for you|[that] this (delay|
    change|cancellation|situation) (is|may be|can be|must be) <adv> <adjective> [and <adjective>]|that a delay this
    long can upset a whole journey|the (trouble|stress|frustration|inconvenience|disruption|disappointment|impact)
    (this|it) (may|can|will|could|might|has)* (cause|causes|bring|brings|caused|have) [you|on your plans]|your
    (frustration|disappointment|concern|concerns))
wait = (a|the|any|an|this|another) [extra|long|longer|short|sudden|unexpected|late]* (wait|delay|change|cancellation)
    [like this|this long]
if_more = (if|when|as soon as|should|once) (anything|[there are|there is] [any] [more|further|new|other|important]*
    (news|changes|change|updates|update|information)|the (time|times|schedule|departure time|gate|situation)|it|your
    (flight|departure time|gate)|we (have|know|learn|receive) (more|[any] [more|further|new]* (news|information|
    updates|details))|[any] (plans|times)) [else|change|changes|changed|is|are|again|further|to share|available|about
    your flight|for you|on your flight]*
tell_you = (let you know|(keep|be keeping) you (informed|updated|posted)|(update|tell|inform|notify) you|send [you]
    [an|another|any|further|more|the|a]* (update|updates|message|messages|news|information)|share [any|further|more|
    the|new|all]* (updates|news|information|changes|details) [with you])
what_of = [of|about|with|on|regarding] [any|the|further|more|latest|important|new|other|all|your]* (changes|updates|
    change|news|information|update|developments|flight|details)
help = (help|assist|support) [you]
help_with = [with (any|your|further|the|these|and|all|questions|concerns|needs|options|connection|connections|
    rebooking|connecting|flight|flights|travel|plans|booking|about|other|alternative|alternatives|choices|next|steps|
    directions|special|request|requests|this|change|possible|finding|way|to|gate|information|help|assistance|you|may|
    have|need)*|find your (way|gate)|to find your way|in any way|and answer [any|your]* questions|if you need [any]
    (help|directions|assistance)|if you have [any] [other|further|more]* (questions|concerns)|as well|further|at the
    airport|find the way|understand your options|look at your options|in finding your way]
contact = (contact <us>|(speak|talk) (with|to) <team>|get in touch with <us>|ask <team> [for (help|assistance|
    directions|support|information)|about your (options|connection)]|see <team>|(speak|talk) (with|to) <team> about
    (your options|your connection|options)|reach out to <us>|let <us> know)
when_soon = [as soon as (you can|possible|you are able|you arrive)|right away|at once|now|when you (arrive|can|are
    ready|get there|get to the airport|arrive at the airport)|at the airport|at any time|directly|immediately|
    promptly|first]*
have_code = ((have|keep|mention|quote|bring|use|show|give|note) <code> [ready|at hand|available|nearby|with you|in
    hand|close|close at hand|when you (do|contact us|speak with us|talk to us|rebook|speak with them)|for reference|
    handy]|with <code> [ready|at hand])
tier_member = (an|our|a valued|valued|one of our|one of our valued) {tier} (member|members|customer|guest|passenger|
    traveler|travelers)
good_trip = (have a [very] (good|great|safe|pleasant|nice) (flight|trip|journey)|safe (travels|trip|journey)|travel
    safely)
"""
"""Parts of clauses: a name, an equals sign, and what it stands for."""

COMMON = """
hi
hello
dear {first_name}
(hi|hello|dear) {first_name}
{first_name}
dear {tier} (member|customer|guest)
(thank you|thanks) [,] {first_name}
(an|[this is] an|here is an|we have an|[this is] a|we have a|here is a|[we are] (writing|here|reaching out) with an|
    with an) [important|urgent|priority|brief|short|new|quick|latest|{tier}]* (update|notice|message|notification|
    news|word|change) [for you] [for <flight>|about <flight>|on <flight>|regarding <flight>|to <flight>|concerning
    <flight>]
[important|urgent|priority|{tier}|flight|latest|travel|service|your]* (update|notice|message|news|information|
    notification) [for {first_name}] [for you] [for <flight>|about <flight>|on <flight>|regarding <flight>|to
    <flight>|concerning <flight>|your <flight>]
(important|urgent)
[regarding|about|on|for] <flight>
<flight> (update|information|news)
{tier} (priority|update|priority update|member update|notice|member)
this is (a|an) [priority|important|urgent|{tier}]* (message|update|notice|notification) [for you|about <flight>|
    regarding <flight>|for <flight>]* [as <tier_member>]
(we|we also) want [you] to (let you know|tell you|share|keep you informed)
(what to do next|[your] next steps|next|here (is what to do next|are [your|the] next steps)|next step|what happens
    next|what this means)
we are [<adv>|now|still]* sorry [,] [{first_name}] [for <trouble> <caused>] [and for <trouble> <caused>]
[we] <adv> (apologize|apologise) [<adv>] [to you [and to everyone who is waiting for you]] [for <trouble> <caused>]
    [and for <trouble> <caused>] [again]
(we are|i am) (<adv>|now|still)* sorry to (rush you|upset them|upset your plans|bring [you] this news|share this
    news|give you this news)
[we are] <adv> sorry (about|for) <trouble> <caused>
[we are|very|so|truly]* sorry
we are <adv> sorry [to (tell|inform) you|to let you know|to have to (tell|inform) you|to say|to share] that
we <adv> regret [to (tell|inform) you|to let you know|to say|to have to (tell|inform) you] that
we [want|wanted|would like|are writing|are reaching out]* to (let you know|tell you|inform you|share|make sure you
    know) that
we (would like|want) to (inform|update|tell) you that
(please (note|be aware|know)|this is to (let you know|inform you)) that
we <adv> regret [any|the|this|to share this]* (inconvenience|disruption|delay|cancellation|news|trouble|change)
    <caused>
please accept our [most|very|sincere|deepest|sincerest|deep|full]* <apology> [for <trouble> <caused>]
(with|and|our) [most|very|sincere|deepest|deep|our]* <apology> [for <trouble> <caused>]
we offer our [sincere|deepest]* <apology> [for <trouble> <caused>]
we <adv> (understand|know|realize|realise|recognize|recognise|appreciate|can see|are aware) (<how_it_is>|this|[that]|
    you (were|had been) (counting on|looking forward to) this (trip|flight|journey))
(waiting|a wait|a delay|a cancellation) is <adjective> [on anyone who is counting on a trip|when people or plans
    depend on you]
you had plans
we [<adv>|do]* (appreciate|value|are grateful for|thank you for) your [<adv>|continued]* <patience> [and <patience>]
    [during this time|as we (do|share|work)|while you wait|while you make new plans|in this situation|at this time|as
    an {tier} member]*
(thank you|thanks|many thanks) [<adv>|again|very much]* for your [continued|kind|valued]* <patience> [and <patience>]
    [during this time|while you wait|as <tier_member>|in this (situation|matter)|and for (flying|traveling|
    travelling|being) with us]*
(thank you|thanks) [<adv>|in advance]* [for (flying|traveling|travelling|being) with us|for choosing to (fly|travel)
    with us|for being <tier_member>|for being with us]
thank you
we (value|appreciate|are grateful for) (you|your (loyalty|status|membership)|having you) as <tier_member>
we <adv> (value|appreciate) your (loyalty|membership|business|{tier} (membership|loyalty|status))
your (loyalty|membership|{tier} (membership|status)|time|patience|trust|loyalty as <tier_member>) (means a lot|is
    [<adv>] (important|valued|appreciated)|matters|is very important|means much) [to us]
we care about your (time|journey|trip|plans)
[as <tier_member> ,] you are [among the first (to (hear|know|learn|be told|be informed|read this|receive this|get
    this) [about this|of this|this (news|update|message)]|we tell|that we tell|passengers to hear)|important to us|
    one of our [most] valued (members|customers|guests)]
as <tier_member>
you (receive|are receiving|get|are getting) this [priority|important] (notice|update|message|news) [first] [among the
    first on this flight|as <tier_member>|because you are <tier_member>]
this [priority|important]* (update|notice|message|news) (is for you|comes to you [first]) [as <tier_member>]
please (treat|see|read|take|consider) this as a priority (update|message|notice)
we (want|wanted) (you|to make sure you|to be sure that you) (to|) know [about] (this|right away|as soon as possible|
    first)*
<booking> [and|your special request|itinerary|reservation]* (is|remains|stays|has) [still|fully|just]* (unchanged|
    valid|in place|on file|the same|as it is|not affected|not changed|not been (affected|changed))
<code> (is|remains) [still|:]* (unchanged|valid|the same|{confirmation}|here : {confirmation}|below : {confirmation})
[your] (confirmation|booking|reservation) [code|number|reference] [is|:] {confirmation}
[the|a]* code [is|:] {confirmation}
\\( [confirmation|booking|reservation]* [code] {confirmation} \\)
[please] (<contact>) <when_soon> [<help_with>] [or <contact>] <when_soon>
[please] (<contact>) <when_soon> (if|should) (you have|you need|there are|you) [any|further|other|more|concerns|a|
    the]* (questions|concerns|help|assistance|question|directions|support) [or (concerns|questions|need (help|
    assistance))] [along the way|on the way|at all|at any time|with your (plans|connection|booking)]*
if you (have|have any|still have|need|need any|require|would like|want) [any|further|other|more|some|extra|urgent|
    special|additional]* (questions|concerns|help|assistance|question|directions|support|information|to talk about
    your options|to look at your options) [or (concerns|questions|need (help|assistance|support|directions)|
    assistance|help)] [on the way|along the way|at the airport|about (this|your (flight|booking|options|trip|plans))|
    with (this|your (flight|booking|options|trip|plans|connection))]*
or if you would like to (talk about|look at) your options
please [also] [make sure to|be sure to|do|kindly|now|first|remember to|continue to]* (check|watch|look at|monitor|
    follow|keep an eye on|read|listen to|keep checking|review|see|glance at) <screens> [<for_news>] <on_the_way>
(check|watch|follow) <screens> [<for_news>] <on_the_way>
<on_the_way> please check <screens> [<for_news>] <on_the_way>
before you (go|head|walk|leave) (to|for) (the|your) (gate|airport)
please keep checking [<screens>] [<for_news>]
please [also] <have_code>
<have_code>
please keep this (message|update) [at hand|for reference]
please [also] let (anyone|people|someone|friends|family|everyone|those|friends and family|anyone who) [who (is|are)]
    (meeting|expecting|waiting for) you know [about (the|this|it|new|change|delay|arrival|departure|time|news)*]
let (anyone|people|someone|everyone) who (is|are) (meeting|expecting|waiting for) you know [about (the|this|it|new|
    change|delay|arrival|departure|time|news)*]
please (plan|adjust|make) [your|any|further]* [plans|travel|day|journey|around|for]* [the|this|these] [new|changes|
    change|departure|time|times|schedule]* [needed|accordingly]
<team> (is|are) [here|there|ready|available|happy|glad|at the airport|at hand|always|standing|and|by|also|on hand]*
    [to] <help> [<help_with>]
<team> (can|will) [also|gladly|be (happy|glad|ready|there|here|able) to]* <help> [<help_with>]
we (are|can be) [here|ready|always|happy|glad|also]* to <help> [<help_with>]
who can <help> [<help_with>]
<team> can help with questions about <booking> [and any connecting flight]
just mention <code>
we (are|remain) (here|here for you|with you)
[<if_more> ,] we (will|would like to|would) [also|continue to|of course|gladly]* <tell_you> [<what_of>] [<if_more>]
    [right away|as soon as possible|with any (changes|news)|at once|<if_more>]*
your special (request|requests) [for] [\\(|:] {special_requests} [\\)] (is|are|has been|have been|remain|remains)
    [still|also]* (noted|on it|on file|part of|on|with|included|included in|in place|kept) [in|on|with|to]*
    [<booking>]
we have [also]* (noted|your|received) [your|also]* special (request|requests) [for|of] [\\(|:] {special_requests} [\\)]
    [with|on|in] [<booking>]
your special (request|requests) [for] [\\(|:] {special_requests} [\\)] [is|are]
<booking> [still|also] (includes|shows|lists|notes|has) your special (request|requests) [noted] [for|:|\\(]
    {special_requests} [\\)]
[special] (request|requests) noted [:|\\(] {special_requests} [\\)]
please mention (it|this|your special request|{special_requests}) when you (choose another flight|contact us|rebook|
    speak with us)
we are (<adv>)* (glad|happy|pleased) to (help|assist)
your (safety|comfort) [and (safety|comfort)] (comes|always comes) first
your (patience|understanding) (is|means a lot) [appreciated|very appreciated|to us]
once again
unfortunately
[and|but|we] <adv> (appreciate|value) your [prompt|quick]* attention [to this [change|update|matter]]
(our|the) team is happy to help [you] [if you need (directions|help|assistance|anything)]
we apologize for (letting you know so late|the short notice|any trouble)
we know this is a [big|sudden|late|unexpected|important]* change
[please] keep an eye on <screens> [<for_news>] <on_the_way>
please have <code> [ready|at hand|available|with you]* when you (speak with|contact|talk to) (us|them|our team)
please see <team> [about|for|with]* [your|any|help|questions|connections|connecting flights|options]*
(anyone|passengers|customers|people|those) with [a|any]* (connecting flight|connecting flights|connection|
    connections) should (speak with|contact|talk to|see) <team>
they (are|will be) [ready|here|happy|able]* to help [you]
it (will be|is) useful to have <code> [ready|at hand|with you|available]*
if you have [a|any|other] (connecting (flight|flights)|connection|connections)
"""
"""What a message about any news may say."""

_DELAY_PHRASES = """
late_flight = (<flight>|[the] new [departure] time|<flight> |it|departure|the departure|your departure|the flight|
    your flight) [<when_planned>]
when_planned = , [which was] [originally]* (scheduled|planned|due) (to (leave|depart) at|for|at) {scheduled_time}
    [from {origin}|on {date}]* ,
why = [,|and this is|which is|\\(]* [because of|due to|owing to|as a result of|caused by|the reason is|reason :]*
    {reason} [\\)]
late = ([is|has been|was|will be]* [now|currently|unfortunately|also|sadly|being]* (delayed|running late|late|
    postponed|pushed back|held|rescheduled) [by|about|around|for|nearly|approximately]* [{delay}] [<why>] |(is|will
    be|has) [now|currently|running|been]* [about|around]* {delay} (late|behind schedule|behind|delayed) [<why>] |(is|
    will be) [now]* delayed <why> |(is|will be) affected by {reason} |will [now|be]* (leave|depart|leaving|departing)
    [about|around]* {delay} (late|later) [than (planned|scheduled|originally planned|originally scheduled|expected)]
    [<why>] |leaves {delay} (late|later) [than planned] [<why>] |has [unfortunately]* had its departure time [moved|
    changed] to {departure_time})
now_at = [it|is|and is|that is]* [will|is|has|was|has been]* [now|currently|then]* (moves|moved|changed|leave|leaves|
    leaving|depart|departs|departing|departure|rescheduled|[be|been]* [scheduled|expected|estimated|set|planned|due|
    moved|rescheduled|going|leaving|departing|postponed|pushed back|revised]* [to]* [leave|depart|departing|
    leaving]*) [a little later|later|, |is|will be|of|now|:|from {scheduled_time} to|from {origin}]* [at|to|for|
    around|about]* {departure_time} [<instead>] [<and_arrives>] |[the|your|with a|with|a|our]* [new|updated|revised|
    estimated|expected|adjusted|planned]* (departure|departure time|time of departure|time) [from {origin}|for
    <flight>]* [is|will be|of|:|has been|has|has now|moves|moved|changed|to|set|from {scheduled_time}]* [now|at|
    expected|at about|scheduled|estimated|for]* {departure_time} [<instead>] [<and_arrives>] |instead of
    {scheduled_time} |departure (moves|has moved|changes|has changed|has been moved|is moved|changed|moved) from
    {scheduled_time} to {departure_time}
instead = [, ] (instead of|rather than|not|not at|and not) [at|the] [original|originally|scheduled|planned|originally
    scheduled|originally planned]* [time of|departure time of|departure at]* {scheduled_time}
and_arrives = [,|and|with|an]* <arrival>
arrival = [[it|we|you|is|are|will|now|should|the|your|an|new|estimated|expected|with|and|to|be|scheduled|planned|
    then|revised|updated]* (arrive|arrives|arriving|arrival|arrival time|land|landing|lands|reach|reaching) [in
    {destination}|{destination}|time|is|will be|now|of|expected|estimated|for|scheduled|:|then|be]*] [at|around|
    about|for]* {arrival_time} [, as originally scheduled|as planned|in {destination}|instead]*
"""

_DELAY = """
[that|your|but|a|the]* <late_flight> [<late>] [, [<now_at>]|[and] <now_at>]*
(<flight>|it) (was|had been) [originally]* (scheduled|planned|due) (to (leave|depart) at|for) {scheduled_time}
<now_at>
<arrival>
[a|the|this|your|our|to|there is|there is now|this is|for|of|with|by|about|regarding|update|notice|notification|news|
    important|{tier}|priority|expected|considerable]* [new|short|small|brief|slight|modest|little|minor|long|lengthy|
    significant|considerable|substantial|serious|further]* (delay|delays|wait|change to your plans|change|change in
    departure time|departure time|departure times) [(to|for|on|of|affecting|with|in|about) <flight>|, as
    <late_flight>]* [(of|is|:|\\() [about|around|now]* {delay} [\\)]]* [<why>] [, now leaving at {departure_time}|: now
    leaving at {departure_time}]
[delayed|late] [by|:|of] [about|around] {delay} [<why>]
<flight> delayed [by] {delay} [<why>]
[the] (reason|cause) [for (this|the|your) (delay|change|wait)] is {reason}
(this|the delay|it|this delay) (is|was) [due to|because of|owing to|caused by|the result of|a result of]* {reason}
<why>
[to] (plan|allow) [for] [a|the|your|this]* [little]* (extra time|longer wait|new time|new departure time|new
    departure)
[please] (plan (around|for)|note) [the|this|your|these]* [new|updated|revised|adjusted]* (time|times|departure time|
    departure|schedule|arrival time|details|information) [of {departure_time}]
your gate (may|might|could) [also|still]* change
(times|the time|this time|it|gates|departure times|the departure time|the schedule|gate information) (may|might|
    could|can) (still|also|again)* change [again|at any time|further]*
please (plan|allow|make sure to|be sure to|be|try|prepare|arrive)* (extra time|ahead|accordingly|for a longer wait|
    around the new time)
as (times|it|the time) can still change
we will get you on your way as soon as possible
we (want|hope) to (have|get) you on your way as soon as (possible|we can)
we know you (want|wanted) to be on your way
<flight> has [now|unfortunately]* a (short|small|long|brief|slight|significant|considerable|new|little)* (delay|
    departure time)
{delay} (later|late) [than (planned|scheduled|originally planned|originally scheduled|expected)]
(we|you) [now] (expect|are expected|should|should now|will|are due|can expect) to* (arrive|land) [in {destination}|
    at|around|about]* {arrival_time}
(because of|due to|owing to) {reason} , (it|<flight>) will [now] (leave|depart) at {departure_time} [, {delay} later
    than (scheduled|planned)]
we [now] expect to (arrive|land) [in {destination}] [at|around]* {arrival_time}
there is nothing [else|more|further] [that] you need to (do|change) [now|at this time|at this point]
nothing (else|more) is needed [for now|from you]
you do not need to (do anything|change anything|make any changes) [else|now|further|at this time|about your booking]*
no (action|changes|further steps) (is|are) (needed|required) [from you|at this time|now]
there is nothing [else|more|further] [that] you need to (do|change) [for|about|with] <booking>
this is longer than anyone should have to wait
this is longer than anyone should have to wait
since times may change again
we [will|also]* (hope|look forward) to (see|seeing|welcome|welcoming|serve|serving|have|having) you [on board|soon|
    again|with us|back]*
we look forward to (seeing|welcoming|serving) you [on board|soon|again|with us|on your flight]*
<good_trip>
we wish you a [very] (good|great|safe|pleasant) (flight|trip|journey)
we (hope|wish) you have a [very] (good|great|safe|pleasant) (flight|trip|journey)
if (the|this) delay affects [a|your|any] (connecting flight|connection|connections|connecting flights|plans|travel
    plans|other plans|onward plans) [or your plans]
(it|this) is a [long|short|difficult]* (wait|delay)
"""

_ON_TIME_PHRASES = """
now_at = [[[the|your|new|with]* [departure|departure time|time]* [is|remains|of|will be|:|with|now|scheduled|stays|
    back|set]*]|[it|and|that]* [will|is|are|it is]* [now|again|still|expected|scheduled|set|planned|back|going]*
    [to]* (leave|leaves|leaving|depart|departs|departing|departure)] [on time|,|as (originally|first)* (planned|
    scheduled)|from {origin}|time|is|of]* [at|:|for|of]* {departure_time} [, as (originally|first)* (planned|
    scheduled)|, on time|as (originally|first)* (planned|scheduled)]* [<and_arrives>]
and_arrives = [,|and|with|an]* <arrival>
arrival = [it|you|is|are|will|now|should|the|your|an|estimated|expected|with|and|to|be|scheduled|planned|then]*
    (arrive|arrives|arriving|arrival|land|landing|lands|arrival time) [in {destination}|time|is|of|expected|at|:|
    for]* {arrival_time} [, as (originally|first)* (planned|scheduled)|as (originally|first)* (planned|scheduled)|in
    {destination}]*
"""

_ON_TIME = """
[we (have|are (glad|happy|pleased) to share)|here is|this is|with|some|there is|and]* [some|very]* (good|great|
    pleasant) (news|update) [about <flight>|for <flight>|for you|to share]*
[we are (<adv>)* (glad|happy|pleased) to (tell|let|inform|share|know|you|with|know|that)*] (<flight>|it) (is|will|
    now|still|again|leave|leaves|leaving|depart|departs|departing|be|back|going|scheduled|expected|to|running|after
    all|remains)* (on time|on schedule|as (planned|scheduled|originally scheduled|originally planned)|no longer
    delayed) [after all|again|<now_at>]*
[we are (<adv>)* (glad|happy|pleased) to (tell|let|inform|share|you|with|know|that)*] (<flight>|it) (is|will|be)*
    [now|back|again]* (on time|on schedule|no longer delayed) [and] [<now_at>]
<now_at>
<arrival>
on time
back on (schedule|time)
there is no (longer|more|further)* delay
the (earlier|previous) delay (no longer applies|is no longer needed)
if you (changed|made|have made|have changed) [any|your|other|new]* plans [because of (an|the|any) (earlier|previous)
    (delay|message|update)]
please (plan for the original time [again]|change them back|go back to (the|your) original (time|plans|plan|
    schedule)|plan (for|around) the original [departure] time|follow (the|your) original (plans|schedule|time)|return
    to your original plans)
please (be|go|head|plan|arrive|continue|plan to be)* (to|at) the gate [in good time|on time|as (planned|originally
    planned)]*
we are [<adv>]* (glad|happy|pleased) [to (share|let you know|tell you) [this|that|good|some|news]*]
we are looking forward to (welcoming|seeing) you on board
see you on board
(have a|enjoy your) [good|great|pleasant|safe]* (flight|trip|journey)
we hope you enjoy your flight
please [keep|check|continue]* (to follow|with)* <screens> for gate information
your (plans|trip|schedule) can (go ahead|continue) as (planned|scheduled)
there is nothing [else|more|further] [that] you need to (do|change) [now|at this time|at this point]
nothing (else|more) is needed [for now|from you]
you do not need to (do anything|change anything|make any changes) [else|now|further|at this time|about your booking]*
no (action|changes|further steps) (is|are) (needed|required) [from you|at this time|now]
there is nothing [else|more|further] [that] you need to (do|change) [for|about|with] <booking>
we [will|also]* (hope|look forward) to (see|seeing|welcome|welcoming|serve|serving|have|having) you [on board|soon|
    again|with us|back]*
we look forward to (seeing|welcoming|serving) you [on board|soon|again|with us|on your flight]*
<good_trip>
we wish you a [very] (good|great|safe|pleasant) (flight|trip|journey)
we (hope|wish) you have a [very] (good|great|safe|pleasant) (flight|trip|journey)
"""

_CANCELLATION_PHRASES = """
planned = , [which was] [originally]* (scheduled|planned|due) [to (leave|depart)] (at|for) {scheduled_time} ,
why = [,|\\(]* [because of|due to|owing to|as a result of|caused by|the reason is|reason :]* {reason} [\\)]
gone = (is|has been|was|had to be|has had to be|will be)* [now|unfortunately|sadly|also]* (cancelled|canceled) [<why>]
another = (a new|another|an alternative|a different|other|the next|an other) (flight|flights) [that (suits|works for)
    you [best]|to {destination}|that suits your plans|, if you wish|if you wish]*
ways = (rebook|choose <another>|find <another>|rebook (your|a) (flight|trip|booking)|arrange <another>|arrange a
    rebooking|look at (your|the) options|discuss (your|the) options|choose an option [that suits you]|find an
    alternative [that suits you]|talk about (your|the) options|make new plans|choose what suits you [best]|find the
    best (option|alternative) for you|explore|find (a|another) [new|good|better]* (option|alternative|way) [that
    suits you|to {destination}]*|decide what (is best|suits you best) [for you])
"""

_CANCELLATION = """
[that|your|but|a|the|to (tell|inform) you that|we had to cancel]* <flight> [<planned>] [<gone>]
it (was|had been) [originally]* (scheduled|planned|due) to (leave|depart) at {scheduled_time} [and (will not| cannot)
    (operate|depart|leave|fly|run|take off)]
(<flight>|it) (will not|cannot|is not able to|is no longer able to|will no longer) (operate|depart|leave|fly|run|take
    off|operating) [<why>] [as (planned|scheduled|originally scheduled)]
[the] departure (planned|scheduled) for {scheduled_time} will not take place
[of|on|for|your|about|the|this|a|regarding|to|notice|{tier}|important|priority|urgent|flight|update]* (cancellation|
    cancelled|canceled) [of <flight>|notice|for <flight>|due to {reason}|because of {reason}]* [(and|:) [your]* next
    steps]
[we [<adv>|have|unfortunately]*] had to cancel <flight> [<planned>] [<why>]
[the] reason [for (this|the) cancellation] is {reason}
(this|the cancellation|it|this cancellation) (is|was) [due to|because of|owing to|caused by|the result of|a result
    of]* {reason}
<why>
[our apologies] and your next steps
<booking> (is|has been) [now|also]* marked for rebooking
[please] [so that|to]* (<contact>|contact us) <when_soon> [, or <contact> ,|or <contact>]* <when_soon> [to|and|so you
    can|so that you can|about|for|who can help you]* [<ways>|<another>|rebooking|your options|rebooking options|other
    options|help with rebooking] [at your convenience|as soon as possible|when it suits you]*
[in order] to <ways>
(to|and) <ways>
[for|with] (rebooking|your options|help with rebooking|alternatives|rebooking options)
you can [also|then]* (<ways>|<contact>) [to <ways>] [with <code>]
<team> (can|will) [also|gladly]* help you [to]* <ways>
(we are|<team> is|our team is) here to help [you] [to]* <ways>
[with] code {confirmation} [to rebook]
[please] contact us [to rebook] [with|by|and mention|, code|code|using|quote|and|your|confirmation]* [{confirmation}]
    [to rebook]
or (<contact>) <when_soon> [about (<another>|your options|rebooking)]
[your] (booking|reservation) {confirmation} is marked for rebooking
[that] (other|your) plans may depend on this trip
[the] [original|scheduled|planned]* (departure|flight) (at|of) {scheduled_time} is cancelled
to rebook [with] [your]* [code|confirmation|booking]* [code] [:] {confirmation}
we know you had plans
your [travel] plans (matter|are important) [to us]
please contact us or (speak with|talk to|see) <team>
we hope to (see|welcome) you again
we hope to have you on your way again as soon as possible
"""

_GATE_PHRASES = """
new = [its|the|your|a]* [new|different|another|departure|boarding]* gate [for <flight>|now|number]* [is|:|is now|will
    be|now]* [gate] {new_gate}
where = [, [which is|and it is|and that is|and this is|that is|it is|and is]|, located|that is]* [in|at]* (a|another|
    the)* (different|another|other|separate|new) terminal [from (gate {old_gate}|your (old|earlier|original|previous)
    gate|the (old|earlier|original|previous) gate)]
from_gate = [[,]* (instead of|rather than|and not|not|and no longer from|from|moved from|no longer) [from]* [the]*
    [old|original|earlier|previous|first]* gate {old_gate} [as (originally|first)* (planned|scheduled)]]
gate_news = (<flight>|it|departure|your departure) (will|is|has|now|leave|leaves|leaving|depart|departs|departing|
    been|moved|changed|reassigned|relocated|switched|scheduled|be|to)* [from (gate {old_gate}|a (different|new)
    gate)|to a (different|new) gate]* [to|from|at|is|:|,]* [new]* [gate {new_gate}] [<from_gate>] [<where>]
in_time = [right away|at once|now|immediately|promptly|quickly|straight away|as soon as (possible|you can)|without
    delay|directly|straight]*
"""

_GATE = """
<gate_news>
<new> [<from_gate>] [<where>]
[the|your|a|this is a|there is a|there has been a|about|to|with|for|of|an|important|urgent|{tier}|priority|
    departure]* (gate|gates|gate change|change of gate|new gate|change to your gate|terminal and gate change|gate
    update|change of gates|gate information|departure gate) [for|to|of|on|about|affecting]* [<flight>] [has|have|
    been|changed|moved|switched|reassigned|updated|is|to|from|now|:]* [gate {old_gate}] [to]* [gate {new_gate}]
    [<from_gate>] [<where>]
(moved|changed|changes|switched) from gate {old_gate} to gate {new_gate}
from gate {old_gate} to gate {new_gate}
[now|new]* [:]* gate {new_gate} [<from_gate>] [<where>]
(not|instead of|no longer|rather than) [the old|old|the] gate {old_gate}
[please]* [now|also|then]* <in_time> (go|head|proceed|walk|come|make your way|find your way|go straight|start
    walking|be sure to go|make sure to go) [there|straight|directly]* [to|for|towards|toward]* [the]* [new]* [gate
    {new_gate}|gate] [<from_gate>] [<where>] <in_time> [if you are [already]* (at|near) gate {old_gate}]
please use gate {new_gate} [<from_gate>]
[please]* (do not|no longer|not) (go to|wait at|use) [the old]* gate {old_gate}
if you are (already|now|still)* [waiting]* (at|near) [the]* [old]* gate {old_gate}
even if you are (already|now|still)* waiting at gate {old_gate}
[please]* follow the [airport|terminal]* signs [to (gate {new_gate}|your gate|the [new|other]* (gate|terminal))] [on
    your way|at the airport|there]*
follow the [airport|terminal]* signs to (gate {new_gate}|the [new|other]* (gate|terminal))
(allow|please allow|and allow|give yourself|please give yourself|plan) [for]* [yourself]* [a]* [little|some|enough]*
    [extra|more|enough]* (time) [for|to]* [the|walk|get|go|reach|there|way|your|new|gate|walking|{new_gate}|between|
    change|it|this]*
[please]* (check|watch|follow|look at) (the|departure|airport|screens|boards|signs|information|signage|and|maps)* [on
    your way|before you go|as you go|again|for (updates|directions|any|further|changes)*|at the airport|to gate
    {new_gate}]*
(it|<flight>) [will|is|now|still|scheduled|expected|planned|to|set]* (leave|leaves|depart|departs|leaving|departing)
    at {departure_time} [from gate {new_gate}|from {origin}]* [<from_gate>]
[the|your|with|a|its|and|new]* (departure|departure time|scheduled departure|scheduled departure time|time of
    departure) [is|:|at|of|remains|will be|planned for|scheduled for|for <flight>]* [at|still]* {departure_time}
if you need [help with|any|some|help|assistance|or]* (directions|assistance|help finding [it|the gate|your way|your
    gate|gate {new_gate}]|help|directions or help|support) [finding]* [on the way|along the way|it|the gate|your
    gate|to find it|getting there]*
please ask <team> [for directions [if you need them]|now]*
ask our team for directions if you need them
and ask our team for directions if you need them
[please]* (ask|look) for (directions|help|assistance) [if (needed|you need (it|them)|necessary)|along the way|on the
    way]*
we are sorry for the extra walk
[we]* (noted|know) [that] (a|this) (change|gate change) (may|can) [mean|means]* [a longer walk|extra walking]
(this|it|that) (may|can|could|might) mean a [longer|little|short|long]* (walk|way)
please note [a|the|this]* gate change for <flight>
gate change : <flight> now (leaves|departs) from gate {new_gate}
ask <team> if you need [any|help|directions|assistance]* [finding|with]* [your way|the gate|directions]*
\\( (not|instead of) gate {old_gate} \\)
<gate_news> \\( (not|instead of) gate {old_gate} \\)
there is nothing [else|more|further] [that] you need to (do|change) [for|about|with] <booking>
we are sorry if this means a (longer|long|little)* walk
we [will|also]* (hope|look forward) to (see|seeing|welcome|welcoming|serve|serving|have|having) you [on board|soon|
    again|with us|back]*
we look forward to (seeing|welcoming|serving) you [on board|soon|again|with us|on your flight]*
<good_trip>
we wish you a [very] (good|great|safe|pleasant) (flight|trip|journey)
we (hope|wish) you have a [very] (good|great|safe|pleasant) (flight|trip|journey)
there is nothing [else|more|further] [that] you need to (do|change) for your booking
only the gate (is|has) (different|changed)
there is nothing (else|more|further) [that] you need to (do|change)
"""

TERMINAL = """
this is [very]* urgent
(it|this|that|which|gate {new_gate}|the new gate|your new gate|the gate|your gate) is [now|also]* in (a|another|the)
    [different|other|separate|another|new]* terminal [from (gate {old_gate}|your (old|earlier|original|previous)
    gate|the (old|earlier|original|previous) gate)]
[and]* that is in another terminal
in (another|a different) terminal
(a|the|your|and|this is a|there is a|it is a)* [different|other|new|another|separate|important|urgent]* (terminal|
    terminal change|change of terminal|terminal and gate change) [for <flight>|has changed|also|change]*
[the|your|both the] terminal [and [the]* gate|and gate] (has|have|is|are) [also|now|both]* (changed|different)
getting to another terminal takes time
[please]* <in_time> (go|head|proceed|walk|make your way|find your way|leave|start walking|hurry|leave now) [there|
    straight|directly|now|over]* [to|for|towards]* [the (other|new|different|separate) terminal|gate {new_gate}|it]*
    [and|to|go|at|in|the|gate {new_gate}|of|new|other|terminal]* <in_time>
please (leave|start|go|hurry|act)* [there|walking|now]* <in_time> [<where>]
please (read this|act|leave|go|start walking|hurry|start) <in_time>
start walking <in_time>
go [there] <in_time>
[the|a|this] (walk|way|distance|change) [between|to|the|terminals|gate|{new_gate}|other|terminal]* (may|can|could|
    will|might|takes|take|be|is|a|longer|long|some|time|extra|little|further)*
please hurry
the way to another terminal is longer than you may expect
thank you for (moving|acting|going) (quickly|promptly|right away)
now at gate {new_gate}
[so]* <in_time>
allow extra time for the (way|walk|distance)
[with|without] delay
(<flight>|it) will now depart from gate {new_gate} in a (different|new|another|separate) terminal at {departure_time}
urgent {first_name}
(this is a|a) [big|important|urgent]* change
only the (terminal and the gate|gate and the terminal|terminal and gate|gate and terminal) (are|have) (different|
    changed)
"""
"""What a gate change may say besides, when the gate is in another terminal."""

BY_KIND: dict[Kind, tuple[str, str]] = {
    Kind.DELAY: (_DELAY_PHRASES, _DELAY),
    Kind.ON_TIME: (_ON_TIME_PHRASES, _ON_TIME),
    Kind.CANCELLATION: (_CANCELLATION_PHRASES, _CANCELLATION),
    Kind.GATE_CHANGE: (_GATE_PHRASES, _GATE),
}
"""Phrases and clauses of one kind of news. Every kind has an entry."""
