"""Sentences made of harmless words that state what nobody knows, by the segment whose template they are slipped into.

No single word gives them away: each must be refused for what it says.
"""

INVENTIONS: dict[str, str] = {
    "MAJOR": """
        We have moved you to another flight.
        You are now on a later flight.
        We will take care of everything for you.
        Your flight is now leaving ahead of schedule.
        Please come to the airport at {departure_time}.
        Please be at the gate at {departure_time}.
        Your flight arrives in {origin} at {arrival_time}.
        Your flight arrives at {departure_time}.
        Your flight leaves at {arrival_time}.
        Your flight leaves at {scheduled_time}.
        The departure moves from {departure_time} to {scheduled_time}.
        The flight from {destination} to {origin} is late.
        The gate has changed.
        Please go to the new gate.
        You will be able to board early.
        Please board now.
        Boarding has started.
        All passengers are safe.
        The delay is over.
        Your flight is no longer delayed.
        There is no delay.
        We can hold your connecting flight.
        Your connecting flight will wait for you.
        Connections are held for you.
        Our team will meet you at the gate.
        Our staff will give you a new booking.
        Someone will help you at the gate.
        Do not come to the airport.
        You do not need to travel.
        There is no need to come to the airport.
        Please travel with another airline.
        Please go to a different airport.
        We have a special place for you.
        Members get the best service.
        You get priority.
        You have priority boarding.
        Please wait at the airport.
        The flight may leave before {departure_time}.
        The delay could be {delay} more.
        It is delayed by {delay} because of {reason} at {origin}.
        It is delayed because of {reason} in the area.
        Your booking is cancelled.
        Your booking has been moved.
        Your booking {confirmation} has been changed to a new flight.
        Your confirmation code is {flight}.
        Your flight {confirmation} is late.
        Your gate is {confirmation}.
        Your flight leaves in {delay}.
        We are working on it.
        We guarantee that you arrive.
        We will get you there.
        You will get help with everything.
        Please check in again.
        Please give us your confirmation code {confirmation} again.
        Please share your confirmation code {confirmation} with friends.
        Your trip has a problem.
        Your trip is unchanged.
        Your journey continues.
        Nothing has changed.
        The airline is sorry and will pay.
        We are happy to share good news.
        Thank you, May.
        We hope to see you at Hope.
        You can stay where you are.
        You can rest until {departure_time}.
        The flight is full.
        The team is at the gate with food.
        We have been informed that the airport is closed.
        The airport is closed.
        Your request was sent to the team.
        We have put you first.
        You are first on the list.
        We sent you a new confirmation.
        Please accept our offer.
        Please wait for the next flight.
        Hi {first_name} {flight}.
        Passenger {first_name} should know.
        Please use your code {confirmation} to get money back.
        The departure is delayed until further notice.
        You have been moved to another flight.
        You might have to find another way to travel.
        Please take the train.
        Please find other ways to reach {destination}.
        Your flight will be later than {departure_time}.
        We expect to leave sooner.
        You may leave the airport and return.
        Please ask the captain.
        Your safety is at risk.
        {flight} {destination} {delay}.
        flight flight your the delay is sorry time.
        The time the delay of flight you are sorry we the.
        Please note that Delta has delays.
        Our team can help you with a new flight.
        Our team can help you get a hotel.
        Our team can help you choose another flight.
        It should leave on {date} or after.
        We are sorry for the delay of {scheduled_time}.
        This is the last delay.
        The flight leaves at {departure_time} or later.
        We are sharing your information with friends.
        Thanks to the delay you get more time to enjoy.
    """,
    "ELITE": """
        Your special request ({special_requests}) will be ready.
        {special_requests} is available at the gate.
        You have extra benefits as an {tier} member.
        As an {tier} member you can use the special line.
        Thank you for being a {tier} member.
        As an {tier} member you board first.
        As an {tier} member you have first choice of places.
        As an {tier} member you have free changes.
        Our {tier} team can help you first.
        Your request for {special_requests} is confirmed.
    """,
    "CANCELLED": """
        Your flight will leave at {scheduled_time}.
        Your flight is not cancelled.
        Your booking is cancelled.
        Your booking {confirmation} is still valid.
        We have rebooked you.
        We will rebook you.
        We will find another flight for you.
        You are on another flight.
        Your new flight is ready.
        Your new flight leaves at {scheduled_time}.
        Rebooking is free.
        Rebooking is done.
        We will let you know about your new flight.
        Please go to the gate.
        The flight is delayed.
        Your trip is unchanged.
        Your trip continues.
        You can choose any flight at no cost.
        Your request is cancelled.
        We have marked a place for you on another flight.
        We have another flight for you.
        There is another flight for you at {scheduled_time}.
        You can fly at {scheduled_time}.
        There are many other flights.
        Another flight leaves at {scheduled_time}.
        Take another flight with a different airline.
        We can help you with everything.
        Please stay at the airport until {scheduled_time}.
        You can travel on {date} with another flight.
        The new departure is {scheduled_time}.
        Our team will rebook you.
        Our team has found an alternative.
        You do not need to rebook.
        You have been rebooked on another flight.
    """,
    "ON_TIME": """
        Your flight is delayed.
        It is not on time.
        The flight may not leave on time.
        Another flight is on time.
        Your gate has changed.
        It leaves at {arrival_time}.
        Please come at {departure_time}.
        You can arrive later.
        Your flight was moved to a different gate.
    """,
    "GATE": """
        Please go to gate {old_gate}.
        Your flight now leaves from gate {old_gate}.
        Please go from gate {new_gate} to gate {old_gate}.
        It was moved from gate {new_gate} to gate {old_gate}.
        Please go to gate {old_gate} instead of gate {new_gate}.
        Please do not go to gate {new_gate}.
        Please wait at gate {old_gate}.
        Your flight is delayed.
        Your flight leaves on time.
        The departure time is unchanged.
        Please be at gate {new_gate} at {departure_time}.
        Your gate has not changed.
        The gate is in a different terminal.
        Please go to the other terminal.
        It is close to gate {old_gate}.
        Please stay at gate {old_gate}.
        Go to gate {flight}.
        Go to gate {confirmation}.
        Please leave gate {new_gate}.
        The flight now boards at gate {new_gate}.
        Boarding is at {departure_time}.
    """,
    "TERMINAL": """
        It is in the same terminal.
        The terminal has not changed.
        Your terminal is not different.
        Please stay where you are.
        Please wait at gate {old_gate}.
        Please take the shuttle.
        Please take the terminal train to gate {new_gate}.
        You are already at gate {new_gate}.
        You have time to walk.
        Please go to terminal {new_gate}.
        Our team will bring you there.
        Walk across to gate {old_gate}.
    """,
}
