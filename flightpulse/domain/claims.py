"""What a template may claim and must say, as patterns of sentences.

Single words cannot show that "you are on another flight" is an invention. So the turns of phrase with which a message
could state something about the airline, the passenger or the flight have a list of harmless continuations, and every
other continuation is refused. Sentences are compared in the form that :func:`flightpulse.domain.prose.plain` gives.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity

# Compiling all of them takes a tenth of a second, which a cold start need not pay for patterns it never uses.
_compiled = cache(re.compile)


@dataclass(frozen=True, slots=True)
class Frame:
    """``trigger`` may appear only inside a phrase that ``allowed`` matches; ``rule`` is the rule broken otherwise."""

    rule: str
    trigger: str
    allowed: str

    def offence(self, sentence: str) -> str | None:
        """The first words of a sentence that begin with a trigger outside every allowed phrase."""
        trigger = _compiled(self.trigger)
        if not trigger.search(sentence):
            return None
        rest = _compiled(self.allowed).sub(lambda phrase: "_" * len(phrase[0]), sentence)
        found = trigger.search(rest)
        return None if found is None else " ".join(sentence[found.start() :].split()[:6])


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that each of the named parts of a message must say."""

    rule: str
    wanted: str
    pattern: re.Pattern[str]
    parts: tuple[str, ...]


EMAIL, SMS, SUBJECT, OPENING, CLOSING = "email", "sms", "subject", "opening", "closing"


def offences(sentence: str, segment: Segment) -> Iterator[tuple[str, str]]:
    """The rules that a plain sentence breaks, each with the words that break it."""
    frames = _EVERYWHERE + _BY_KIND[segment.kind]
    if segment.severity is Severity.TERMINAL:
        frames += _TERMINAL
    for frame in frames:
        offence = frame.offence(sentence)
        if offence is not None:
            yield frame.rule, offence


def statements(segment: Segment) -> tuple[Statement, ...]:
    """What a template of this segment must say."""
    wanted = (_NEXT_STEPS, *_MUST_SAY[segment.kind])
    if segment.severity is Severity.TERMINAL:
        wanted += _TERMINAL_MUST_SAY
    return (*wanted, _APOLOGY) if segment.severity in _SORRY_FOR else wanted


def _any(*phrases: str) -> str:
    return f"(?:{'|'.join(phrases)})"


def _one(words: str) -> str:
    return _any(*words.split())


def _frame(rule: str, trigger: str, *allowed: str) -> Frame:
    return Frame(rule, rf"\b{trigger}\b", rf"\b{_any(*allowed)}" if allowed else r"(?!)")


def _never(rule: str, *phrases: str) -> Frame:
    return _frame(rule, _any(*phrases))


def _statement(rule: str, wanted: str, phrases: tuple[str, ...], parts: tuple[str, ...]) -> Statement:
    # A placeholder's name is no word of the message.
    return Statement(rule, wanted, re.compile(rf"(?<!\{{)\b{_any(*phrases)}\b"), parts)


_ADVERB = _one(
    "now also still truly very really deeply sincerely fully so just only currently both all always again especially"
    " simply certainly already do recently kindly"
)
_A = rf"(?:{_ADVERB} )*"
_HELP = _one("help assist support answer explain")
_NOT = _any("not", "never", "no longer", "cannot", "unable to")
_FLY = _any(_one("depart departs departing leave leaves leaving fly flying operate operating"), "take off")
_BE = _one("is are was were has have had will would remain remains stay stays continue continues")
_UPDATES = (
    rf"(?:{_one('a an any another all more further the latest new important')} )*"
    rf"{_one('update updates news change changes message messages information details')}"
)
_TELL = _any(
    "let you know", rf"keep you {_one('informed updated posted')}", "tell you", "update you",
    rf"(?:send|share) (?:you )?{_UPDATES}",
)  # fmt: skip
_HAD_TO = rf"had to {_one('cancel delay move change push hold switch')}"
_ON_TIME = _any("on time", "on schedule", "as (?:originally )?(?:scheduled|planned)")
_OTHER_FLIGHT = rf"{_one('another different other new later similar alternative next replacement')} flights?"
_TEAM_OF_OURS = _any("team", "teams", "staff", "agents?", "representatives?")
_HELPERS = _any(_TEAM_OF_OURS, "airline", "someone", "everyone")
_OWNED = (
    rf"{_any('booking', 'reservation', 'confirmation', 'code', 'requests?')}"
    r"(?: \( \{\w+\} \)| : \{\w+\}| \{\w+\})?(?: code| number)?(?: \{\w+\})?"
)

_WE = _frame(
    "claim",
    "we",
    rf"we {_A}{_one('regret apologize apologise appreciate understand know thank')}\b",
    rf"we {_A}{_one('realize realise recognize recognise')}\b",
    rf"we {_A}{_one('value hope ask recommend suggest encourage wish advise respect care')}\b",
    rf"we {_A}can (?:see|{_HELP})\b",
    r"we (?:now )?expect to (?:arrive|land) (?:in|at)\b",
    rf"we {_A}want(?:ed)? (?:you )?to {_one('let tell share thank say keep know apologize apologise')}",
    rf"we {_A}want to make sure you know",
    rf"we {_A}are {_A}{_one('sorry aware grateful glad happy pleased')}\b",
    rf"we {_A}are {_A}(?:{_one('writing sharing telling sending')}|here to {_HELP}|letting you"
    rf"|reaching out|contacting you {_one('to with about because')})",
    rf"we have (?:an? (?:important |urgent |priority )?{_one('update change message')}|important (?:news|information))",
    rf"we have (?:news|noted|{_HAD_TO})",
    rf"we {_A}{_HAD_TO}",
    rf"we (?:will|would like to) {_A}{_TELL}",
    rf"we would like to {_one('apologize apologise thank say')}",
    r"we look forward to (?:welcoming|seeing|serving) you",
    rf"{_one('that what as when if news details delay')} we {_one('have know told tell mentioned learn share sent')}\b",
    rf"{_one('that what as when if')} we {_TELL}",
    r"first (?:that |whom )?we (?:tell|inform|contact|let know)",
)
_TEAM = _frame(
    "claim",
    rf"{_HELPERS} {_one('is are was were will has have had can could may must should would')}",
    rf"{_TEAM_OF_OURS} (?:is|are) (?:here|there|at the airport|at hand|ready|available|happy|glad)"
    rf"(?: and)?(?: ready| available| happy)?(?: to {_HELP}\b| for you)?",
    rf"{_TEAM_OF_OURS} (?:can|will) (?:also |gladly )?{_HELP}\b",
)
_YOU_ARE = _frame(
    "claim",
    rf"you (?:\w+ )?{_one('are were have had will would')}",
    rf"you {_A}are {_A}(?:among the first|near|on your way|one of our|with us|in a hurry)\b",
    rf"you {_A}are {_A}at (?:the airport|gate \{{old_gate|the old|your old)",
    rf"you {_A}are {_A}{_one('traveling travelling flying waiting meeting connecting affected reading')}\b",
    rf"you {_A}are {_A}{_one('not able expecting')}\b",
    rf"you {_A}are {_A}{_one('expected going ready sure unable receiving')}\b",
    rf"you have (?:any|questions?|a {_one('connecting connection question little moment')}|a special request)",
    r"you have (?:more (?:time|questions)|other (?:plans|questions)|the (?:latest|right|details)|to\b)",
    rf"you have {_one('further plans special extra someone your not requested asked noted read seen people')}\b",
    rf"you have {_one('received friends family concerns')}\b",
    rf"you (?:will|would) {_A}(?:be )?{_one('leaving departing flying late delayed')}\b",
    rf"you (?:will|would) {_A}(?:{_one('depart leave arrive land need find see want reach like')}|hear from us)\b",
    rf"you were {_one('counting expecting looking planning hoping going due scheduled')}",
    r"you had (?:planned|plans|hoped|a connection)",
)
_YOU_CAN = _frame(
    "claim",
    rf"you {_one('can may could might should must shall')}",
    rf"you can {_A}{_one('choose check contact ask speak talk find see follow look')}\b",
    rf"you can {_A}{_one('plan keep arrange read expect watch rebook share let tell and if')}\b",
    r"you can [.,;]",
    rf"you (?:may|might|could) {_A}{_one('need want wish have notice see prefer like find feel ask expect')}\b",
    rf"you (?:may|might|could) be {_one('feeling waiting meeting traveling travelling')}",
    rf"you (?:should|must) {_A}{_one('go head plan check allow make expect follow contact look walk keep arrive')}\b",
)
_WILL = _frame(
    "claim",
    "will",
    rf"will {_A}not {_A}(?:be {_A})?(?:{_FLY}|take place|need)\b",
    rf"will {_A}be {_A}{_one('delayed late later departing leaving flying landing arriving running')}\b",
    rf"will {_A}be {_A}{_one('from at in longer useful')}\b",
    rf"will {_A}(?:{_one('depart leave arrive land fly need find see want reach remain stay keep cause go')}"
    rf"|take off|hear from us|{_TELL}|{_HELP})\b",
)
_HAS = _frame(
    "claim",
    _one("has have had"),
    rf"(?:has|have) {_A}{_one('been changed moved shifted switched caused affected disrupted')}\b",
    rf"(?:has|have) {_A}{_one('to any your more extra plans important further other time the this special')}\b",
    rf"(?:has|have) {_A}{_one('someone noted read seen received requested')}\b",
    rf"(?:has|have) {_A}(?:{_one('asked people friends family enough concerns marked news')}|questions?|not yet)\b",
    rf"have an? {_one('question connecting connection little moment update change message special')}\b",
    r"have an? (?:important|urgent|priority) (?:update|change|message)",
    r"has (?:now |unfortunately )?an? (?:\w+ )?delay",
    r"have a (?:good|great|safe|pleasant) (?:flight|trip|journey)",
    rf"(?:have )?{_HAD_TO}",
    r"you had (?:planned|plans|hoped|a connection)",
    r"(?:as|what|that) we have",
)
_CHANCES = (
    _frame(
        "promise",
        "(?<!our )(?<!our top )(?<!our first )priority",
        rf"priority {_one('update notice message notification news information word note')}\b",
    ),
    _frame(
        "number_word",
        "first",
        rf"among the first (?:{_one('members passengers customers people travelers guests')} )?"
        r"(?:on this flight|to (?:hear|know|learn|be told|be informed|receive this|get this|read)|(?:that |whom )?we )",
        r"safety (?:always )?comes first",
        "our first priority",
    ),
    _frame("number_word", "one", r"one of our\b"),
    _frame("time_word", "soon", r"as soon as (?:you (?:can|are able)|possible|we (?:know|have|learn)|there is)"),
    _frame("claim", "next", r"next steps?\b", r"(?:do|happens|comes) next\b"),
    _frame(
        "claim",
        "nothing",
        r"nothing (?:(?:else|more|further) )?(?:that )?(?:you need|for you|you have to)",
        "nothing else",
    ),
    _frame(
        "claim",
        "safe(?:ly)?",
        "until it is safe",
        "when it is safe",
        r"travel safely",
        r"safe (?:travels?|trip|journey)",
    ),
    _frame(
        "promise",
        rf"{_one('special extra own best better separate direct')} (?:\w+ )?"
        rf"{_one('service team staff agent agents care help support assistance option options place flight')}",
        r"special assistance\b",
        r"need (?:any |some )?extra (?:help|assistance|support)",
    ),
    _frame(
        "claim",
        rf"connect(?:ions?|ing flights?) (?:{_BE}|can|may|could|should)",
        r"(?:connections?|connecting flights?) (?:is|are|may be|could be|will be) (?:also )?affected",
        r"with (?:a |any )?(?:connections?|connecting flights?) should (?:speak|contact|talk|see)\b",
    ),
    _never(
        "promise",
        r"\{special_requests\}.*\b(?:will|ready|available|waiting|there)",
        r"(?:will|ready|available|waiting|there)\b.*\{special_requests\}",
    ),
    _never("contradiction", "(?:is|are|was) (?:now )?(?:over|done|past|behind us)"),
    _never("claim", "further notice", "(?:with|of|for) everything"),
)
_COMMANDS = (
    _frame(
        "command",
        _any("do not", "never", "avoid", "not need", "no need"),
        rf"(?:do not need|not need|no need|do not have) to {_one('do take change contact make worry')}\b",
        r"do not (?:worry|hesitate to)",
        r"do not (?:go to|wait at|use|head to|walk to) (?:the )?(?:old |earlier |previous )?gate \{old_gate\}",
    ),
    _frame("command", r"check (?:- )?(?:in|out)", r"check in with (?:us|our)"),
    _frame("command", "boards?", "on board", "(?:the|departure|information|airport) boards?"),
    _never(
        "command",
        rf"{_one('give share send sharing')} (?:\w+ )?(?:with \w+ )?your (?:\w+ )?{_one('code confirmation details')}",
    ),
    _never(
        "command", rf"{_one('give share send sharing')} (?:\w+ )?your (?:\w+ )?{_one('information booking itinerary')}"
    ),
    _frame(
        "command", "boarding", r"(?:before|after|for|about|of) boarding\b", r"boarding (?:gate|information|details)"
    ),
    _never(
        "command", rf"(?:leave|leaving) (?:the|this|our|your) {_one('airport terminal flight gate booking screens')}"
    ),
    _never("command", rf"(?:another|other|different|new) {_one('airline airport airlines')}"),
    _never(
        "command",
        rf"(?:stay|remain|wait) (?:{_one('where here there away')}|at (?:the|your) (?:gate|airport)|at gate)",
    ),
)
_EVERYWHERE = (_WE, _TEAM, _YOU_ARE, _YOU_CAN, _WILL, _HAS, *_CHANCES, *_COMMANDS)

_UNMOVED = _frame(
    "claim",
    rf"(?:{_OWNED}|trip|journey|itinerary) {_BE}",
    rf"{_OWNED} {_any('is', 'are', 'remains?', 'stays?', 'will (?:remain|stay)')} {_A}"
    + _any("unchanged", "valid", "in place", "on file", "the same", "(?:just )?as it is", "not affected", "not changed")
    + r"\b",
    rf"{_OWNED} {_any('is', 'are', 'remains?', 'stays?')} {_A}"
    + _any(
        "noted",
        "part of",
        "on your booking",
        "on it",
        "with your booking",
        "included",
        "below",
        "here",
        ":",
        r"\{\w+\}",
    ),
    rf"{_OWNED} has {_A}not (?:been )?(?:changed|affected)",
    rf"(?:trip|journey) (?:is|has been|will be|was) {_A}(?:delayed|affected|disrupted|running)",
)
_TO_BE_MOVED = _frame(
    "claim",
    rf"(?:{_OWNED}|trip|journey|itinerary) {_BE}",
    rf"{_OWNED} (?:is|are|has been) {_A}"
    + _any("marked for rebooking", "noted", "on file", "on your booking", ":", "here", "below", r"\{\w+\}"),
    r"requests? \( \{special_requests\} \) (?:is|are|remains?|stays?) (?:still )?(?:on|with|part of|noted)",
)
_NO_OTHER_FLIGHT = _never("contradiction", _OTHER_FLIGHT)
_PLAIN_GATE = _frame(
    "contradiction",
    "gates?",
    r"(?<!new )(?<!different )(?<!another )(?<!other )(?<!same )"
    rf"{_one('to at near for reach your the departure boarding')}"
    r" gate\b(?! (?:has|have|is|was|will|may|chang\w*|mov\w*|switch\w*|number|update|\{))",
)


def _been(*participles: str) -> Frame:
    return _frame("contradiction", "been", rf"been {_A}{_any(*participles)}")


def _new(*things: str) -> Frame:
    return _frame("contradiction", "new", rf"new (?:{_one('estimated expected planned scheduled')} )*{_any(*things)}\b")


_BAD_NEWS = _never(
    "contradiction", "good (?:news|message|update)", "(?:is|are) (?:good|great|well)", "great (?!flight|trip|journey)"
)
_DELAY = (
    _BAD_NEWS,
    _been(
        _one("delayed moved changed updated affected rescheduled postponed revised adjusted caused disrupted shifted"),
        "pushed back",
        "waiting",
        "inconvenienced",
    ),
    _frame("contradiction", _any(_ON_TIME, "ahead"), rf"{_NOT} (?:\w+ ){{0,4}}{_ON_TIME}"),
    _never("contradiction", rf"(?:{_NOT}|no) (?:\w+ ){{0,2}}{_one('delayed delay delays late later')}"),
    _frame(
        "contradiction",
        rf"{_NOT} (?:be )?(?:\w+ )?{_FLY}",
        rf"{_NOT} (?:be )?(?:\w+ )?{_FLY} (?:at \{{scheduled_time\}}|{_ON_TIME})",
    ),
    _never("contradiction", rf"{_FLY} (?:\w+ )?before"),
    _never("contradiction", _one("arrived departed boarded landed")),
    _new("departure", "arrival", "times?", "schedule", "plan", "information", "details"),
    _NO_OTHER_FLIGHT,
    _PLAIN_GATE,
    _UNMOVED,
)
_PUNCTUAL = (
    _been(_one("updated changed affected waiting inconvenienced caused")),
    _frame(
        "contradiction",
        _one("delay delayed"),
        rf"{_one('earlier previous any prior original')} delay\b",
        r"no (?:longer |further |more )?(?:delay|delayed)\b",
        r"not (?:be |now )?delayed\b",
        r"without (?:any |further )?delay\b",
        r"delay we (?:told|mentioned|sent)",
    ),
    _never("contradiction", rf"{_NOT} (?:\w+ ){{0,3}}{_ON_TIME}"),
    _never("contradiction", rf"{_NOT} (?:be )?(?:\w+ )?{_FLY}"),
    _NO_OTHER_FLIGHT,
    _PLAIN_GATE,
    _UNMOVED,
)
_CANCELLATION = (
    _BAD_NEWS,
    _been(
        _one("cancelled canceled marked affected disrupted caused inconvenienced counting unable"), "looking forward"
    ),
    _never("contradiction", r"(?:not|never|no longer|no|avoid) (?:\w+ ){0,3}cancel\w*"),
    _frame("contradiction", _ON_TIME, rf"{_NOT} (?:\w+ ){{0,4}}{_ON_TIME}"),
    _frame(
        "contradiction",
        _FLY,
        rf"(?:{_NOT}|{_one('due scheduled planned originally supposed was were')}) (?:\w+ ){{0,4}}{_FLY}\b",
        "flying with",
    ),
    _frame(
        "promise",
        _OTHER_FLIGHT,
        rf"{_one('choose choosing find finding arrange for about to on onto into prefer need needs want')} "
        rf"(?:{_one('a an the any possible')} )*{_OTHER_FLIGHT}",
    ),
    _frame("promise", "rebooking (?:is|was|has|will|of)", "rebooking is (?:needed|necessary)"),
    _never(
        "claim",
        rf"{_any('booking', 'reservation', 'trip', 'itinerary', 'requests?')}(?: [^ ]+){{0,4}} cancel\w*",
        r"\{(?:confirmation|special_requests)\}(?: [^ ]+){0,4} cancel\w*",
    ),
    _TO_BE_MOVED,
)
_GATE_CHANGE = (
    _BAD_NEWS,
    _been(_one("changed moved updated reassigned switched relocated caused waiting")),
    _never("claim", _ON_TIME),
    _never(
        "claim", rf"(?:departure|times?|schedule|flight)(?: time)? {_BE}(?: \w+)? (?:unchanged|the same|not changed)"
    ),
    _frame(
        "contradiction",
        rf"{_NOT} (?:\w+ ){{0,2}}{_one('changed moved switched reassigned relocated different')}",
        r"(?:booking|reservation)(?: \{\w+\})? (?:is|has) not (?:been )?changed",
    ),
    _never("contradiction", r"(?:mov|chang|switch|relocat|reassign)\w*(?: [^ ,:;]+){0,5} from gate \{new_gate"),
    _never("contradiction", rf"(?:{_NOT}|instead of|rather than|away from) (?:\w+ ){{0,4}}gate \{{new_gate"),
    _never("contradiction", r"leave gate \{new_gate", rf"(?<!not )(?<!no longer ){_FLY} from gate \{{old_gate"),
    _new("departure gate", "boarding gate", "gates?", "location", "place", "information", "details", "terminal"),
    _NO_OTHER_FLIGHT,
    _UNMOVED,
)
_TERMINAL = (
    _never("contradiction", "(?:same|own|current) terminal", "terminal (?:is|has) not", "(?:more|enough) time"),
    _never("contradiction", r"at gate \{new_gate\} already", r"already at gate"),
    _never("contradiction", "only the gate (?:has|is)"),
)
_BY_KIND = {
    Kind.DELAY: _DELAY,
    Kind.ON_TIME: _PUNCTUAL,
    Kind.CANCELLATION: _CANCELLATION,
    Kind.GATE_CHANGE: _GATE_CHANGE,
}

_NEXT_STEPS = _statement(
    "next_steps",
    "what the passenger should do next",
    (_one("please check keep allow contact head go speak ask watch plan follow listen choose let look talk proceed"),),
    (CLOSING,),
)
_APOLOGY = _statement("tone", "an apology", ("sorry", "apologi[sz]e", "apologies", "apology", "regret"), (EMAIL,))
_SORRY_FOR = frozenset({Severity.MAJOR, Severity.SEVERE, Severity.CANCELLED})
_MUST_SAY: dict[Kind, tuple[Statement, ...]] = {
    Kind.DELAY: (
        _statement(
            "main_point",
            "that the flight is delayed",
            (r"delay\w*", "late", "later", "pushed back", "postponed", "rescheduled", "behind"),
            (OPENING, SMS),
        ),
    ),
    Kind.ON_TIME: (
        _statement(
            "main_point",
            "that the flight is on time",
            (_ON_TIME, "original time", "original schedule", "no longer delayed"),
            (OPENING, SMS),
        ),
    ),
    Kind.CANCELLATION: (
        _statement(
            "main_point",
            "that the flight is cancelled",
            ("cancell?ed", "cancellation", "had to cancel"),
            (SUBJECT, OPENING, SMS),
        ),
        _statement(
            "next_steps",
            "how to get another flight",
            (
                "rebook",
                "rebooking",
                r"(?:another|new|different|alternative|other) flights?",
                "options?",
                "alternatives?",
            ),
            (CLOSING, SMS),
        ),
    ),
    Kind.GATE_CHANGE: (Statement("main_point", "the gate", re.compile(r"\{new_gate\}"), (OPENING, SMS)),),
}
_TERMINAL_MUST_SAY = (
    _statement(
        "main_point",
        "that it is a different terminal",
        (r"(?:different|another|other|separate|new) terminal", r"terminals? (?:has |have )?(?:also )?chang(?:e|es|ed)"),
        (OPENING, SMS),
    ),
    _statement(
        "tone",
        "that the passenger must go right away",
        (
            *("right away", "straight away", "right now", "at once", "as soon as", "without delay"),
            *("immediately", "immediate", "urgent", "urgently", "promptly", "quickly", "hurry"),
            r"now (?:go|head|walk|proceed)",
            r"(?:go|head|leave|walk|proceed)(?: \w+){0,5} now",
        ),
        (EMAIL, SMS),
    ),
)
