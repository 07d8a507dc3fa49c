"""What capable models usually write for such requests: the guard must not be so strict that nobody is ever heard."""

from flightpulse.domain.entities import DelayReason, Tier
from flightpulse.domain.segments import Kind, Segment
from flightpulse.domain.severity import Severity
from flightpulse.domain.templates import MessageTemplate
from tests.unit.messages.samples import CANCELLED, GATE, MAJOR, MINOR, ON_TIME, SEVERE, TERMINAL, segment

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
    (
        MINOR,
        MessageTemplate(
            "Your flight {flight} to {destination} has a short delay",
            (
                "Hi {first_name}, your flight {flight} from {origin} to {destination} is running {delay} late"
                " because of {reason}. It is now expected to depart at {departure_time}, with arrival at"
                " {arrival_time}.",
                "We know that even a short delay can be inconvenient, and we appreciate your patience. Your"
                " booking {confirmation} is unchanged.",
                "Please check the departure screens when you arrive at the airport, and let us know if you have"
                " any questions.",
            ),
            "Hi {first_name}, flight {flight} is delayed {delay}. New departure time: {departure_time}. Thank"
            " you for your patience.",
        ),
    ),
    (
        MINOR,
        MessageTemplate(
            "Flight {flight}: new departure time {departure_time}",
            (
                "Hello {first_name}, we wanted to let you know that flight {flight} to {destination} on {date}"
                " is delayed by {delay} due to {reason}. The new departure time is {departure_time} and you"
                " should arrive at {arrival_time}.",
                "We understand that changes to your schedule can be frustrating, and we thank you for your"
                " understanding.",
                "There is nothing you need to do for your booking {confirmation}. Please keep an eye on the"
                " airport screens for the latest information.",
            ),
            "{first_name}, flight {flight} is now leaving at {departure_time}, {delay} later than planned."
            " Thanks for your patience.",
        ),
    ),
    (
        MINOR,
        MessageTemplate(
            "A small delay for flight {flight}",
            (
                "Hi {first_name}, there is a small delay for your flight {flight} to {destination}. Because of"
                " {reason}, it will now leave at {departure_time}, {delay} later than scheduled.",
                "Thank you for your patience and understanding. Your booking {confirmation} stays the same.",
                "Please check the screens at the airport for updates before you head to your gate.",
            ),
            "Hi {first_name}, a quick update: {flight} is delayed by {delay} and now departs at {departure_time}.",
        ),
    ),
    (
        MAJOR,
        MessageTemplate(
            "We're sorry: flight {flight} is delayed",
            (
                "Dear {first_name}, we are sorry to let you know that your flight {flight} from {origin} to"
                " {destination} on {date} is delayed by {delay} because of {reason}. The new departure time is"
                " {departure_time}, and we expect to arrive at {arrival_time}.",
                "We understand how frustrating delays can be, and we sincerely apologize for the disruption to"
                " your plans.",
                "If you have a connecting flight, please speak with our team at the airport as soon as possible."
                " Please have your confirmation code {confirmation} ready.",
            ),
            "We're sorry, {first_name}. Flight {flight} is delayed by {delay} and now leaves at {departure_time}.",
        ),
    ),
    (
        SEVERE,
        MessageTemplate(
            "Our sincere apologies: flight {flight} has a long delay",
            (
                "Dear {first_name}, we are deeply sorry that your flight {flight} from {origin} to {destination}"
                " on {date} is delayed by {delay} because of {reason}. It is now expected to depart at"
                " {departure_time} and arrive at {arrival_time}.",
                "We understand that a delay of this length is very disruptive, and we apologize for the stress"
                " and inconvenience it has caused you.",
                "Please speak with our team at the airport about your options. They are ready to help you, and"
                " it will be useful to have your confirmation code {confirmation} at hand.",
            ),
            "{first_name}, we are very sorry. Flight {flight} is delayed by {delay}. It now leaves at"
            " {departure_time}. Our team can help.",
        ),
    ),
    (
        SEVERE,
        MessageTemplate(
            "Long delay for flight {flight} to {destination}",
            (
                "Dear {first_name}, we are very sorry. Flight {flight} to {destination} will be delayed by"
                " {delay} because of {reason}, and is now expected to leave at {departure_time}.",
                "We know how hard such a long wait is and how much it affects your plans. Please accept our"
                " sincere apologies.",
                "Here is what to do next: please check the departure screens regularly and contact our team if"
                " you need any help. Your confirmation code is {confirmation}.",
            ),
            "We are very sorry, {first_name}: flight {flight} is delayed by {delay}, now departing at"
            " {departure_time}.",
        ),
    ),
    (
        CANCELLED,
        MessageTemplate(
            "Your flight {flight} has been cancelled",
            (
                "Dear {first_name}, we are deeply sorry to tell you that your flight {flight} from {origin} to"
                " {destination} on {date} has been cancelled because of {reason}.",
                "We know how upsetting this is, and we sincerely apologize for the disruption to your travel plans.",
                "Your booking {confirmation} is marked for rebooking. Please contact us or speak with our team"
                " at the airport to rebook.",
            ),
            "{first_name}, we are very sorry: flight {flight} is cancelled. Please contact us to rebook with"
            " code {confirmation}.",
        ),
    ),
    (
        GATE,
        MessageTemplate(
            "Gate change for flight {flight}: now gate {new_gate}",
            (
                "Hi {first_name}, the gate for your flight {flight} to {destination} has changed. It now leaves"
                " from gate {new_gate} instead of gate {old_gate}, and the departure time is {departure_time}.",
                "Your booking {confirmation} is unchanged. Thank you for your understanding.",
                "Please head to gate {new_gate} and follow the airport signs. Our team is happy to help if you"
                " need directions.",
            ),
            "Hi {first_name}, flight {flight} now departs from gate {new_gate} (not gate {old_gate}). Please go"
            " to gate {new_gate}.",
        ),
    ),
    (
        GATE,
        MessageTemplate(
            "New gate for your flight {flight}",
            (
                "Hello {first_name}, please note a gate change for flight {flight} to {destination}. Your new"
                " gate is gate {new_gate}.",
                "Your flight leaves at {departure_time}, and your confirmation code is {confirmation}.",
                "Please go to gate {new_gate} and check the airport screens for any further updates. Have a"
                " great flight!",
            ),
            "{first_name}, gate change: flight {flight} now leaves from gate {new_gate}.",
        ),
    ),
    (
        TERMINAL,
        MessageTemplate(
            "URGENT: flight {flight} now leaves from a different terminal",
            (
                "Dear {first_name}, your flight {flight} to {destination} now leaves from gate {new_gate}, which"
                " is in a different terminal. The departure time is {departure_time}.",
                "We know this is a big change and we are sorry for the inconvenience. Your confirmation code is"
                " {confirmation}.",
                "Please go to the other terminal right away. Follow the airport signs to gate {new_gate} and"
                " allow extra time to get there.",
            ),
            "URGENT {first_name}: flight {flight} moved to gate {new_gate} in a different terminal. Please go"
            " there right away.",
        ),
    ),
    (
        TERMINAL,
        MessageTemplate(
            "Urgent: terminal change for flight {flight}",
            (
                "Hi {first_name}, this is an urgent update. Flight {flight} to {destination} will now depart"
                " from gate {new_gate} in a different terminal at {departure_time}.",
                "We apologize for the short notice and appreciate your quick attention to this change.",
                "Please head to the new terminal immediately and ask our team if you need help finding your way."
                " Your confirmation code is {confirmation}.",
            ),
            "{first_name}, urgent: flight {flight} now departs from gate {new_gate} in another terminal. Please"
            " head there right away.",
        ),
    ),
    (
        ON_TIME,
        MessageTemplate(
            "Good news: flight {flight} is on time",
            (
                "Hi {first_name}, good news! Your flight {flight} to {destination} is back on schedule and will"
                " leave on time at {departure_time}.",
                "Thank you for your patience. Your booking {confirmation} is unchanged.",
                "Please check the departure screens before you go to the gate. Have a great trip!",
            ),
            "Hi {first_name}, good news: flight {flight} is on time and departs at {departure_time}.",
        ),
    ),
    (
        ON_TIME,
        MessageTemplate(
            "Your flight {flight} to {destination} will leave on time",
            (
                "Hello {first_name}, we're happy to let you know that flight {flight} to {destination} will"
                " depart on time after all, at {departure_time}.",
                "We appreciate your patience and understanding. Your confirmation code is {confirmation}.",
                "Please plan to be at the gate as originally planned, and keep an eye on the screens. We look"
                " forward to welcoming you on board.",
            ),
            "Great news, {first_name}! Flight {flight} will leave on time at {departure_time}.",
        ),
    ),
]
