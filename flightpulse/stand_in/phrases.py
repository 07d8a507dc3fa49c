"""The phrases the stand-in model composes its templates from.

Each bank has the slots of a message; any phrase of a slot goes with any of the others. In every slot the first phrase
and each third after it are in the first of the :data:`VOICES`, and so on. They are worded differently from the written
templates, so that one sees at a glance which of the two a passenger got.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bank:
    """``sms`` phrases do without the greeting and the tier, which are put before them."""

    subjects: tuple[str, ...]
    news: tuple[str, ...]
    facts: tuple[str, ...]
    understanding: tuple[str, ...]
    steps: tuple[str, ...]
    closings: tuple[str, ...]
    sms: tuple[str, ...]


VOICES = ("plain", "formal", "warm")

GREETINGS = ("Hello {first_name},", "Dear {first_name},", "Hi {first_name},")

TIER_NOTES = (
    "Thank you for your loyalty as an {tier} member; you are among the first to know.",
    "As an {tier} member, you are among the first we tell.",
    "This is a priority message for you as an {tier} member.",
    "We appreciate having you as an {tier} member, and this priority update is for you.",
)

DELAYED_ONWARD_NOTES = (
    "Your onward flight {onward_flight} to {onward_destination} leaves at {onward_time}, so there may not be enough"
    " time to change. Please speak with our team at the airport about it as soon as possible.",
    "We have seen that the delay leaves little time for your onward flight {onward_flight} to {onward_destination},"
    " which leaves at {onward_time}. Please ask our team about it as soon as you can.",
    "You fly on to {onward_destination}: flight {onward_flight} leaves at {onward_time} and may be missed, so please"
    " talk to our team about it soon.",
)
CANCELLED_ONWARD_NOTES = (
    "This also affects your onward flight {onward_flight} to {onward_destination}, which leaves at {onward_time}:"
    " please ask our team about it when you rebook.",
    "Your onward flight {onward_flight} to {onward_destination} leaves at {onward_time}, and this affects it. Please"
    " mention it when you rebook.",
    "When you rebook, please also ask about your onward flight {onward_flight} to {onward_destination}, which leaves"
    " at {onward_time}.",
)
CHECKED_IN_NOTES = (
    "You are checked in for this flight, so please check in again for the new one.",
    "Your check-in does not count for another flight. Please check in again once you have a new one.",
    "Since you had checked in, please remember to check in again for your new flight.",
)
BAGS_NOTES = (
    "You have checked bags for this flight: please ask our team at the airport about them.",
    "Please ask our team at the airport about your checked bags.",
    "Our team at the airport can also help with your checked bags, so please ask about them.",
)

REQUEST_NOTES = (
    "We have noted your special request ({special_requests}) with your booking.",
    "Your special request ({special_requests}) is still part of your booking.",
    "Your booking still includes your special request: {special_requests}.",
)

_SCREENS = (
    "Please look at the departure screens before you walk to the gate, since times may change again.",
    "Please keep an eye on the departure boards at the airport before you go to your gate.",
    "Before you go to the gate, please check the screens at the airport for the latest time.",
)
_WE_WILL_TELL = (
    "If the time changes again, we will let you know.",
    "We will keep you posted if there is any further change.",
    "We will send you another message if anything else changes.",
)
_TRIP = "flight {flight} from {origin} to {destination} on {date}"

BANKS: Mapping[str, Bank] = {
    "MINOR": Bank(
        subjects=(
            "A short delay for your flight {flight} to {destination}",
            "Flight {flight} to {destination}: new departure time {departure_time}",
            "Flight {flight}: leaving a little later, at {departure_time}",
        ),
        news=(
            f"there is a short delay to {_TRIP}: it is running {{delay}} late because of {{reason}}.",
            f"a small change to your plans: {_TRIP} is delayed by {{delay}} because of {{reason}}.",
            f"your {_TRIP} will leave {{delay}} later than planned, due to {{reason}}.",
        ),
        facts=(
            "The new departure time is {departure_time}, and it should arrive in {destination} at {arrival_time}.",
            "It now leaves at {departure_time}, with arrival at {arrival_time}.",
            "Departure moves from {scheduled_time} to {departure_time}, and arrival is now expected at {arrival_time}.",
        ),
        understanding=(
            "Your booking {confirmation} is unchanged, so you do not need to do anything.",
            "There is nothing else you need to do, as your booking {confirmation} stays the same.",
            "We know that even a little extra waiting is a nuisance. Your booking {confirmation} is not affected.",
        ),
        steps=_SCREENS,
        closings=(
            "Thank you for your patience.",
            "Thank you for your understanding, and have a good trip.",
            "We appreciate your patience.",
        ),
        sms=(
            "{flight} to {destination} is running {delay} late and now leaves at {departure_time}.",
            "your flight {flight} to {destination} is {delay} late, now leaving at {departure_time}.",
            "flight {flight} is delayed by {delay} because of {reason}. It now leaves at {departure_time}.",
        ),
    ),
    "MAJOR": Bank(
        subjects=(
            "Flight {flight} to {destination} is running {delay} late",
            "Delay to your flight {flight} to {destination}: now leaving at {departure_time}",
            "An update on flight {flight} to {destination}: delayed by {delay}",
        ),
        news=(
            f"we are sorry that {_TRIP} is delayed by {{delay}} because of {{reason}}.",
            f"we regret that your {_TRIP} has been delayed by {{delay}}, due to {{reason}}.",
            f"your {_TRIP} will leave {{delay}} late because of {{reason}}, and we apologize.",
        ),
        facts=(
            "The new departure time is {departure_time}, and it should arrive in {destination} at {arrival_time}.",
            "Instead of {scheduled_time}, departure is now at {departure_time}, with arrival at {arrival_time}.",
            "Departure moves from {scheduled_time} to {departure_time}, and arrival is now expected at {arrival_time}.",
        ),
        understanding=(
            "We understand how frustrating a delay like this is, and we are sorry for the inconvenience.",
            "We know your time matters, and we apologize for the wait and for the trouble it may cause you.",
            "Waiting is hard when people or plans depend on you. We are truly sorry.",
        ),
        steps=tuple(
            f"{screens} {connection}"
            for screens in _SCREENS
            for connection in (
                "If you have a connecting flight, our team at the airport can help: just mention your confirmation"
                " code {confirmation}.",
                "If the delay affects a connecting flight, please talk to our team and have your confirmation code"
                " {confirmation} at hand.",
            )
        ),
        closings=_WE_WILL_TELL,
        sms=(
            "sorry, {flight} to {destination} is delayed by {delay} and now leaves at {departure_time}.",
            "we apologize that {flight} to {destination} is {delay} late, now leaving at {departure_time}.",
            "we are sorry that flight {flight} is delayed by {delay}. It now leaves at {departure_time}.",
        ),
    ),
    "SEVERE": Bank(
        subjects=(
            "Our apologies: a long delay to flight {flight} to {destination}",
            "Flight {flight} to {destination} is delayed by {delay}: what to do next",
            "Important: flight {flight} now leaves at {departure_time}",
        ),
        news=(
            f"we are truly sorry: {_TRIP} is delayed by {{delay}} because of {{reason}}.",
            f"we sincerely apologize. Your {_TRIP} has been delayed by {{delay}}, due to {{reason}}.",
            f"we deeply regret to tell you that your {_TRIP} will leave {{delay}} late because of {{reason}}.",
        ),
        facts=(
            "The new departure time is {departure_time}, and it should arrive in {destination} at {arrival_time}.",
            "Instead of {scheduled_time}, departure is now at {departure_time}, with arrival at {arrival_time}.",
            "Departure moves from {scheduled_time} to {departure_time}, and arrival is now expected at {arrival_time}.",
        ),
        understanding=(
            "This is longer than anyone should have to wait. We understand the stress it brings, and we are very"
            " sorry.",
            "We know that a delay this long can upset a whole journey, and we apologize to you and to everyone who"
            " is waiting for you.",
            "We recognize how serious this is for your plans. Please accept our sincere apologies.",
        ),
        steps=tuple(
            f"{help_} {screens}"
            for help_ in (
                "Next steps: if this delay affects a connection, or if you would like to look at your options,"
                " please talk to our team and have your confirmation code {confirmation} at hand.",
                "What to do next: let anyone who is expecting you know about the new time. Our team can help with"
                " questions about your booking {confirmation} and any connecting flight.",
            )
            for screens in _SCREENS
        ),
        closings=_WE_WILL_TELL,
        sms=(
            "we are very sorry that {flight} to {destination} is {delay} late, now leaving at {departure_time}.",
            "we apologize that {flight} to {destination} is delayed by {delay} and now leaves at {departure_time}.",
            "we are truly sorry that flight {flight} is delayed by {delay}. It now leaves at {departure_time}.",
        ),
    ),
    "ON_TIME": Bank(
        subjects=(
            "Flight {flight} to {destination} leaves on time",
            "Good news about flight {flight}: it is on time",
            "Flight {flight} leaves on time, at {departure_time}",
        ),
        news=(
            f"we are glad to tell you that {_TRIP} will leave on time.",
            f"here is some good news: your {_TRIP} is back on schedule.",
            f"your {_TRIP} leaves on time.",
        ),
        facts=(
            "Departure is at {departure_time}, with arrival in {destination} at {arrival_time}.",
            "It leaves at {departure_time} and should arrive at {arrival_time}.",
        ),
        understanding=(
            "Please plan for the original time again. Your booking {confirmation} is unchanged.",
            "If you made other plans because of the earlier delay, please change them back. Your booking"
            " {confirmation} stays the same.",
        ),
        steps=_SCREENS[1:],
        closings=("Have a good flight.", "Thank you for your patience.", "We look forward to welcoming you on board."),
        sms=(
            "good news, {flight} to {destination} is on time and leaves at {departure_time}.",
            "{flight} to {destination} leaves on time, at {departure_time}.",
        ),
    ),
    "CANCELLED": Bank(
        subjects=(
            "Flight {flight} to {destination} is cancelled: our apologies and your next steps",
            "Cancelled: flight {flight} to {destination} on {date}",
            "We are sorry: we had to cancel flight {flight} to {destination}",
        ),
        news=(
            f"we are truly sorry: {_TRIP} has been cancelled because of {{reason}}.",
            f"we deeply regret that we had to cancel {_TRIP}, due to {{reason}}.",
            f"we are very sorry to tell you that {_TRIP} is cancelled because of {{reason}}.",
        ),
        facts=(
            "It was scheduled to leave at {scheduled_time} and will not operate.",
            "The departure planned for {scheduled_time} will not take place.",
        ),
        understanding=(
            "We understand how disappointing this is, and that other plans may depend on this trip. Please accept"
            " our sincere apologies.",
            "A cancellation is hard on anyone who is counting on a trip, and we apologize for the disruption.",
            "You had plans, and we are sorry to upset them. We know how serious this is for you.",
        ),
        steps=(
            "Next steps: your booking {confirmation} is marked for rebooking. Please contact our customer service"
            " team, or talk to our team at the airport, to find another flight that suits you.",
            "What to do next: please have your confirmation code {confirmation} at hand and contact us to choose"
            " another flight. Our team at the airport can help as well.",
            "To rebook, please contact us and mention your confirmation code {confirmation}, or speak with our team"
            " at the airport about another flight.",
        ),
        closings=(
            "Once again, we are sorry.",
            "Thank you for your understanding.",
            "We appreciate your patience while you make new plans.",
        ),
        sms=(
            "we are very sorry that flight {flight} is cancelled. To rebook, see our team at the airport: code"
            " {confirmation}.",
            "we apologize that flight {flight} to {destination} is cancelled. Please see our team at the airport: code"
            " {confirmation}.",
            "{flight} to {destination} is cancelled, and we are sorry. Please ask our team at the airport to rebook:"
            " code {confirmation}.",
        ),
    ),
    "GATE": Bank(
        subjects=(
            "New gate for flight {flight} to {destination}: gate {new_gate}",
            "Gate change for flight {flight}: please go to gate {new_gate}",
            "Your flight {flight} to {destination} has moved to gate {new_gate}",
        ),
        news=(
            f"the gate for {_TRIP} has been changed from gate {{old_gate}} to gate {{new_gate}}.",
            f"your {_TRIP} has moved: please go to gate {{new_gate}} instead of gate {{old_gate}}.",
            f"there is a gate change for {_TRIP}. Your new gate is {{new_gate}}, not gate {{old_gate}}.",
        ),
        facts=("The flight leaves at {departure_time}.", "Departure is at {departure_time}."),
        understanding=(
            "Your booking {confirmation} is unchanged, so there is nothing else you need to do.",
            "We are sorry if this means a longer walk. Your booking {confirmation} stays the same.",
        ),
        steps=(
            "Please follow the signs to gate {new_gate} and allow a little extra time to walk there.",
            "Please make your way to gate {new_gate}, and look at the departure boards as you go.",
        ),
        closings=("Thank you, and have a good flight.", "Thank you for your understanding."),
        sms=(
            "new gate for flight {flight} to {destination}: please go to gate {new_gate}. It leaves at"
            " {departure_time}.",
            "flight {flight} to {destination} has moved to gate {new_gate}. Please follow the signs.",
            "your flight {flight} now leaves from gate {new_gate}. Please check the boards.",
        ),
    ),
    "TERMINAL": Bank(
        subjects=(
            "URGENT: flight {flight} has moved to gate {new_gate} in another terminal",
            "Urgent: different terminal for flight {flight}, now at gate {new_gate}",
            "Flight {flight} leaves from a different terminal: please go to gate {new_gate} now",
        ),
        news=(
            f"please read this right away: your {_TRIP} now leaves from gate {{new_gate}} instead of gate"
            f" {{old_gate}}, and that is in another terminal.",
            f"this is urgent. The gate for {_TRIP} has been changed to gate {{new_gate}}, in a different terminal"
            f" from gate {{old_gate}}.",
            f"your {_TRIP} has moved from gate {{old_gate}} to gate {{new_gate}}, and gate {{new_gate}} is in"
            " another terminal.",
        ),
        facts=(
            "It leaves at {departure_time}, so please go to the other terminal right away.",
            "Departure is at {departure_time}. Please go to the other terminal immediately.",
            "It leaves at {departure_time}, and getting to another terminal takes time, so please go now.",
        ),
        understanding=(
            "We are sorry to rush you. Your booking {confirmation} is unchanged.",
            "We apologize for the extra distance at such a time. Your booking {confirmation} stays the same.",
            "We know that this is a hurry, and we are sorry. Your booking {confirmation} is not affected.",
        ),
        steps=(
            "Please follow the signs to the other terminal, go straight to gate {new_gate}, and ask our team for"
            " help if you need it.",
            "Next steps: please go to the other terminal, follow the signs to gate {new_gate}, and allow extra time"
            " for the way.",
            "Please go to gate {new_gate} right away, even if you are already waiting at gate {old_gate}, and look"
            " at the departure screens as you go.",
        ),
        closings=("Thank you for going there right away.", "Thank you for your understanding.", "Thank you so much."),
        sms=(
            "{flight} now leaves from gate {new_gate} in a DIFFERENT terminal. Please go there right away.",
            "flight {flight} has moved to gate {new_gate} in a DIFFERENT terminal. Please go there immediately.",
            "your flight {flight} leaves from gate {new_gate} in a DIFFERENT terminal. Please go now.",
        ),
    ),
    "TERMINAL_LATER": Bank(
        subjects=(
            "URGENT: flight {flight} has moved to gate {new_gate} in another terminal",
            "Urgent: different terminal for flight {flight}, now at gate {new_gate}",
            "Flight {flight} leaves from a different terminal: please plan for gate {new_gate}",
        ),
        news=(
            f"your {_TRIP} now leaves from gate {{new_gate}} instead of gate {{old_gate}}, and that is in another"
            " terminal.",
            f"this is an important change. The gate for {_TRIP} has been changed to gate {{new_gate}}, in a"
            f" different terminal from gate {{old_gate}}.",
            f"your {_TRIP} has moved from gate {{old_gate}} to gate {{new_gate}}, and gate {{new_gate}} is in"
            " another terminal.",
        ),
        facts=(
            "It is expected to leave at {departure_time}.",
            "The time of departure, {departure_time}, has not changed.",
            "It still leaves at {departure_time}.",
        ),
        understanding=(
            "We are sorry for the extra walk. Your booking {confirmation} is unchanged.",
            "We apologize for the change. Your booking {confirmation} stays the same.",
            "We know that a change of terminal is a nuisance, and we are sorry. Your booking {confirmation} is not"
            " affected.",
        ),
        steps=(
            "Please plan for the other terminal when you come to the airport, and allow extra time for the way to"
            " gate {new_gate}.",
            "Next steps: please follow the signs to the other terminal and to gate {new_gate}, and allow extra time"
            " for the way.",
            "When you come to the airport, please go to gate {new_gate} in the other terminal, and look at the"
            " departure screens as you go.",
        ),
        closings=("Thank you, and have a good flight.", "Thank you for your understanding.", "Thank you so much."),
        sms=(
            "{flight} now leaves from gate {new_gate} in a DIFFERENT terminal. Please allow extra time.",
            "flight {flight} has moved to gate {new_gate} in a DIFFERENT terminal.",
            "your flight {flight} leaves from gate {new_gate} in a DIFFERENT terminal. Please plan for it.",
        ),
    ),
}
