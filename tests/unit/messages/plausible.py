"""What capable models usually write for such requests: the guard must not be so strict that nobody is ever heard."""

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, MINOR, ON_TIME, TERMINAL, segment

PLAUSIBLE: list[tuple[Segment, MessageTemplate]] = [
    (
        MINOR,
        MessageTemplate(
            "Flight {flight}: slight delay",
            (
                "Hello {first_name}, your flight {flight} to {destination} will now depart at {departure_time} instead"
                " of {scheduled_time}, a delay of {delay} because of {reason}.",
                "We’re sorry for any inconvenience this may cause. Your booking {confirmation} remains unchanged.",
                "Please keep an eye on the airport screens for any further changes. If you have any questions, our"
                " team at the airport is here to help.",
            ),
            "Hi {first_name}, {flight} now departs at {departure_time}, delayed {delay}. Please check the airport"
            " screens.",
        ),
    ),
    (
        MAJOR,
        MessageTemplate(
            "Important update about flight {flight}",
            (
                "Dear {first_name}, we sincerely apologize, but your flight {flight} from {origin} to {destination} on"
                " {date} has been delayed by {delay} due to {reason}. It is now scheduled to depart at"
                " {departure_time} and arrive at {arrival_time}.",
                "We know how frustrating this can be, and we truly appreciate your patience and understanding.",
                "If you have a connecting flight, please speak with a member of our team as soon as possible. Your"
                " confirmation code is {confirmation}. We will keep you informed of any further changes.",
            ),
            "{first_name}, we're sorry: flight {flight} is delayed by {delay}. It now departs at {departure_time}. We"
            " apologize for the inconvenience.",
        ),
    ),
    (
        segment(Kind.DELAY, Severity.SEVERE, DelayReason.MECHANICAL, tier=Tier.A_LIST),
        MessageTemplate(
            "We're sorry: a long delay for flight {flight}",
            (
                "Dear {first_name}, we are very sorry to inform you that your flight {flight} from {origin} to"
                " {destination} on {date} has been delayed by {delay} because of {reason}. Your flight was originally"
                " scheduled to leave at {scheduled_time} and is now expected to leave at {departure_time}.",
                "We understand how disruptive a delay this long is to your plans. As an {tier} member, your loyalty"
                " means a lot to us, and we deeply regret the inconvenience. Please treat this as a priority update.",
                "Please speak with our team at the airport, who can help you with your options, and have your"
                " confirmation code {confirmation} ready. We will let you know as soon as there is any news.",
            ),
            "{first_name}, {tier} priority update: flight {flight} is delayed by {delay} and now leaves at"
            " {departure_time}. We are very sorry.",
        ),
    ),
    (
        segment(Kind.CANCELLATION, Severity.CANCELLED, DelayReason.WEATHER, tier=Tier.A_LIST_PREFERRED),
        MessageTemplate(
            "Flight {flight} to {destination} has been cancelled",
            (
                "Dear {first_name}, we are deeply sorry to inform you that flight {flight} from {origin} to"
                " {destination} on {date} has been cancelled due to {reason}.",
                "We understand how frustrating and disappointing this news is, and we sincerely apologize for the"
                " disruption to your travel plans. As an {tier} member, you are receiving this priority update.",
                "To rebook, please contact us or speak with our team at the airport. Please have your confirmation code"
                " {confirmation} ready. We are here to help you find another flight.",
            ),
            "{first_name}, {tier} priority update: we're sorry, flight {flight} is cancelled. Contact us to rebook"
            " with code {confirmation}.",
        ),
    ),
    (
        CANCELLED,
        MessageTemplate(
            "Cancelled: flight {flight} to {destination}",
            (
                "Dear {first_name}, we are truly sorry to let you know that your flight {flight} from {origin} to"
                " {destination} on {date}, originally scheduled for {scheduled_time}, has been cancelled because of"
                " {reason}.",
                "We realize how upsetting this is and apologize for the trouble it causes.",
                "Your booking {confirmation} is marked for rebooking. Please contact us to choose a new flight.",
            ),
            "We are sorry, {first_name}. Flight {flight} is cancelled. Booking {confirmation} is marked for rebooking;"
            " please contact us.",
        ),
    ),
    (
        TERMINAL,
        MessageTemplate(
            "URGENT: Terminal change for flight {flight}",
            (
                "Dear {first_name}, your flight {flight} to {destination} on {date} will now depart from gate"
                " {new_gate}, which is in a different terminal. Your departure time is {departure_time}.",
                "We understand this is unexpected, and we are sorry for any inconvenience. Your confirmation code is"
                " {confirmation}.",
                "Please make your way to the new terminal right away and allow extra time. If you need directions,"
                " please ask our team.",
            ),
            "URGENT: {first_name}, flight {flight} has moved to gate {new_gate} in a DIFFERENT TERMINAL. Please go"
            " there right away!",
        ),
    ),
    (
        GATE,
        MessageTemplate(
            "Gate change for your flight {flight}",
            (
                "Hi {first_name}, the gate for your flight {flight} to {destination} has changed from gate {old_gate}"
                " to gate {new_gate}. The departure time is {departure_time}.",
                "Your confirmation code is {confirmation}. We apologize for any inconvenience.",
                "Please head to gate {new_gate} and check the departure boards for updates. Have a great flight!",
            ),
            "Hi {first_name}, flight {flight} now departs from gate {new_gate} instead of gate {old_gate}. Please go"
            " to gate {new_gate}.",
        ),
    ),
    (
        ON_TIME,
        MessageTemplate(
            "Good news: Flight {flight} is on time",
            (
                "Hi {first_name}, great news! Your flight {flight} to {destination} on {date} is now leaving on time at"
                " {departure_time}.",
                "Thank you for your patience. Your confirmation code is {confirmation}.",
                "Please check the airport screens for gate information and enjoy your flight!",
            ),
            "Hi {first_name}, good news! Flight {flight} to {destination} is leaving on time at {departure_time}. See"
            " you on board!",
        ),
    ),
]
