"""What language models write when they make things up: plausible English, most of it in the plainest of words.

Sorted by the news into whose message they were slipped. Every one states or asks for something that no data holds,
takes back what has happened, or sends people somewhere; none may reach a passenger.
"""

from flightpulse.domain.severity import Severity

ON_TIME = "ON_TIME"
"""The news that a delayed flight leaves on time after all. Other news goes by its severity."""

_TEXTS: dict[str, str] = {
    Severity.MINOR: """
        The pilot is late.
        Your flight is a little late because of the crew.
        Please take a later flight.
        Please enjoy a coffee.
        Please enjoy the wait.
        It is nothing serious.
        It will not get worse.
        The delay will not be longer.
        We will make up the time.
        We will make up for the delay on the way.
        We may arrive on time.
        You will still arrive on time.
        You will not miss your connection.
        Your connection will not be affected.
        You have nothing to worry about.
        Do not worry about your connection.
        You can stay at home for longer.
        You can come later.
        Come to the airport later.
        Please come to the airport {delay} later.
        Please arrive {delay} later.
        Please come at {departure_time}.
        It leaves in {delay}.
        It leaves in a short time.
        It will leave shortly.
        It will leave in a moment.
        It will leave any moment now.
        It left {delay} ago.
        It arrives {delay} earlier.
        It is {delay} early.
        It is delayed by {delay} at {destination}.
        It is delayed by at least {delay}.
        It is delayed by up to {delay}.
        It is delayed by {delay} or more.
        It is delayed by {delay} each day.
        It is now delayed by another {delay}.
        It is delayed by {delay}, not by {reason}.
        It is not because of {reason}.
        It is not only because of {reason}.
        It is mainly because of {reason} and the crew.
        Your flight is operated by Delta.
        Thank you for flying with Delta.
        Thank you for choosing another airline.
        Call us now.
        Please phone our team.
        Please call our team.
        Please text us.
        Please visit us.
        Please visit our website.
        Please check our website.
        Please check your email.
        Please check your phone.
        Please open the app.
        Please follow the link.
        Please reply with your confirmation code {confirmation}.
        Please confirm with your code {confirmation}.
        Please confirm.
        Please accept this offer.
        Please accept a meal.
        Please accept a small gift.
        Please accept our thanks and a gift.
        We would like to offer you something.
        We would like to give you something for your patience.
        We will reward your patience.
        Your patience will be rewarded.
        You will receive extra miles.
        Points will be added to your booking.
        Your booking now includes more.
        Your booking now includes a better place.
        We have put a note on your booking.
        We have noted this delay on your booking.
        The plane is being cleaned.
        It leaves at about nine.
        Enjoy a free coffee at the gate.
        You can board in a few minutes.
    """,
    Severity.MAJOR: """
        Your flight is cancelled due to {reason}.
        Please take the shuttle to the other terminal.
        The pilot is ill.
        You will receive a voucher.
        Please go to gate twelve.
        The flight leaves at half past nine.
        It will leave in a little while.
        It should not be much longer.
        We expect no further delay.
        We do not expect any further changes.
        There are no further changes.
        This is the final update.
        This is our last update.
        The new departure time is final.
        Your flight is now on time.
        Your flight has left.
        Your flight is gone.
        The flight from {destination} is late.
        Your connection is safe.
        You can make your connection.
        You should still make your connection.
        You will reach your connection.
        You may miss your connection.
        We will wait for you.
        The flight will wait for you.
        The flight will not leave without you.
        We will not leave without you.
        You do not have to be at the airport until {departure_time}.
        There is more time.
        You have more time.
        You have time.
        You have little time.
        There is no rush.
        There is no need to hurry.
        Feel free to leave the gate.
        Please move away from the gate.
        Please do not leave.
        Please do not reply.
        Please do not use your booking.
        Please contact your friends.
        Please contact another airline.
        Please ask our team for a better option.
        Please ask our team to change your booking.
        Please ask our team to move you.
        Our team can help you change your flight.
        Our team can help you with a change.
        Our team can help with anything.
        Our team can help you at no time.
        We can help you travel on a different day.
        We know what caused this.
        We know the cause.
        The cause is known.
        The reason is known.
        The reason is not known.
        The reason is {reason} and a delay of another flight.
        This was caused by the airport.
        The airport caused this delay.
        The airport has asked us to hold the flight.
        Another flight caused this delay.
        The team was late.
        Our team was late.
        The delay was our mistake.
        This is our fault.
        It is not our fault.
        We are not sorry.
        We do not care.
        We do not apologize.
        We do not appreciate your patience.
        You are not important.
        You caused this delay.
        It is all your fault.
        Passengers caused the delay.
        Other passengers have been told to go.
        Everyone else has been moved to another flight.
        Some passengers have been moved.
        Members go first.
        Members are served first.
        Your flight may be cancelled.
        We expect a longer delay.
        The delay could change to cancelled.
        This has happened before.
        It happens all the time.
        This flight is always late.
        The next update will come at {departure_time}.
        We will update you again at {arrival_time}.
        Your flight is delayed by {delay} and again by {delay}.
        Your flight leaves {delay} earlier.
        The flight was late by {delay} before.
        You have been told about this already.
        As we told you earlier, the flight was delayed.
        Please read our previous message.
        Please ignore our earlier message.
        Our last message was not right.
        The information in this message is not right.
        This message may not be right.
        Please follow the signs to the new gate.
        The departure time has changed to {departure_time} at a different gate.
        Your flight is held at {origin}.
        The flight is on its way from {origin}.
        The flight is on the way to {destination}.
        Your flight is running.
        It is now in {destination}.
        Your flight landed in {destination}.
        Your flight will land in {origin}.
        Your way to {origin} is delayed.
        Please travel to {destination} by other means.
        You can travel by other means.
        You can find another way to {destination}.
        Look for another way to {destination}.
        Please go to {destination}.
        Please come to {destination}.
        We look forward to welcoming you on another flight.
        Please plan to stay.
        Please plan to stay where you are.
        Please plan your return.
        You should plan to travel on {date} or after.
        Please change your flight.
        Please change your booking.
        Please make a new booking.
        Please make other plans.
        You should make other plans.
        Please end your trip.
        Please show your code {confirmation} at the gate.
        Please show this message to board.
        Please get ready to leave now.
        Please go now.
        Please hurry.
        Please rush to the gate.
        Please head to the gate now.
        Please go to the gate right away.
        Please come back later.
        Please come again.
        Please contact us before {departure_time}.
        Please contact us by {departure_time}.
        Please write to us.
        Please speak to the group at the gate.
        Please meet our team at the gate.
        Please meet our team at the airport.
        Our team is at the gate.
        Our team is waiting for you.
        There is help at the gate.
        Help is on the way.
        Help is coming.
        Support is available at the gate.
        Assistance is available.
        Special assistance is available at the gate.
        Priority assistance is available.
        The service at the airport is free.
        Thank you for your loyalty, which will be noted.
        Your loyalty will be remembered.
        Your patience will be noted.
        Your loyalty means that you are first.
        We value you more than others.
        We treat you better than other passengers.
        Your priority is noted.
        You are a priority.
        You are our priority.
        You are our top priority.
        Safety is the reason.
        We had to hold the flight for safety.
        We had to move the flight.
        We had to change your flight.
        We had to change your booking.
        We had to cancel your flight.
        We had to cancel.
        We had to switch your flight.
        We have noted your concerns.
        We have noted your request.
        We have changed your booking.
        We have sent you the details.
        We have sent you a message with the details.
        We are keeping a place for you.
        We are holding your place.
        We are looking for options.
        We are looking into it.
        We are doing our best.
        We are trying to leave earlier.
        We try to leave earlier.
        We hope to leave earlier.
        We hope that the delay is the last.
        We hope to have you on your way before {departure_time}.
        We hope you enjoy the wait.
        We recommend that you leave the airport.
        We recommend that you travel on another day.
        We recommend that you choose another flight.
        We recommend to wait at the gate.
        We suggest that you do not travel.
        We advise against travel.
        We advise you to stay away.
        We ask that you stay away from the airport.
        We ask you to leave.
        We ask for your confirmation code {confirmation}.
        We ask for your information.
        We want to keep you safe.
        We respect your right to change.
        You have rights.
        It is your right to ask for help.
        You can ask for your money.
        You can ask for more.
        You can ask to change.
        You can ask to be moved.
        You can ask us to rebook.
        You can choose to travel on another flight.
        You can choose to stay.
        You can keep your booking for later.
        You may want to leave the airport.
        You may want to take another flight.
        You may need to change.
        You may need to stay.
        You may wish to travel later.
        You might want to come later.
        You should check in.
        You should expect another delay.
        You should not come.
        You will want to leave.
        You will need to rebook.
        You will see changes to your booking.
        You will find help at the gate.
        You will like it.
        You will arrive at {arrival_time} at the same gate.
        You will depart from the same gate.
        The gate is the same.
        The flight departs from the same gate.
        The crew is ready.
        Everything is ready.
        Everything is fine.
        All is well.
        All is well with the flight.
        All flights are late.
        All flights are affected by {reason}.
        Every flight is late.
        Many flights are affected.
        Other flights are also delayed.
        Other airlines are affected too.
        Your friends have been told.
        Your family has been informed.
        People meeting you have been informed.
        Your connection has been informed.
        Your connecting flight has been told.
        Your connecting flight knows about the delay.
        Your connecting flight is also delayed.
        Your return flight is affected.
        Your return is not affected.
        Your itinerary has changed.
        Your plans have changed.
        Your status has changed.
        The captain has called in unwell.
        Nothing else has changed.
        You do not need to contact us.
        You care about your time.
        Our team is at the airport.
        Nothing has changed about your flight.
        A replacement aircraft is flying in from another city.
        We have booked you a room for the night.
        Dinner is on us tonight.
        Please collect a meal voucher from any desk.
        Your flight now departs from gate twelve.
        Boarding starts at half past nine.
        It leaves in about an hour and a half.
        It leaves a quarter of an hour later.
        It leaves this evening.
        It leaves the day after tomorrow.
        Air traffic control closed the runway.
        Delta will take you instead.
        United passengers are also affected.
        Thank you for flying with Southwest.
        Please take the shuttle bus to the other terminal.
        Please call us on our toll free number.
        Please log in to your account.
        You are entitled to compensation.
        You may be eligible for a refund.
        We will refund your ticket.
        We have credited your account.
        Your miles have been doubled.
        You have been upgraded.
        Your bags will follow.
        Your luggage is safe.
        Your seat has been changed.
        Sincerely, Karen.
        Best regards, The Team.
        Note: this message was written by an assistant.
        I hope this message finds you well.
        I am an assistant and I cannot change your flight.
        Here is the message you asked for.
        Sure, here is your message.
        This does not mean that your flight is delayed.
        Your flight is not really delayed.
        Luckily your flight is delayed.
        Fortunately your flight is delayed.
        You must be at the gate in time or lose your place.
        If you do not answer, your booking ends.
        We are not able to help you.
        We are unable to help.
        Our team cannot help you.
        Our team is not available.
        No one is available at the airport.
        Nobody can help you.
        Please stop asking.
        It is what it is.
        You knew this could happen.
        Your flight to {origin} is delayed by {delay}.
        Your flight from {destination} to {origin} is delayed by {delay}.
        Your flight {flight} arrives at {departure_time}.
        Your flight leaves {destination} at {departure_time}.
        It is now scheduled to depart at {arrival_time}.
        It is delayed from {departure_time} to {scheduled_time}.
        The new departure time is {scheduled_time}.
        The new departure time is {arrival_time}.
        The delay is {departure_time}.
        Because of {delay}, it leaves at {departure_time}.
        As you have a connecting flight, please speak with our team.
        Since you have a connection, please speak with our team.
    """,
    ON_TIME: """
        Your flight is late.
        Your flight is leaving early.
        Your flight leaves earlier than planned.
        The delay was because of the crew.
        The problem is solved.
        The problem has been fixed.
        The aircraft is ready.
        Everything is ready for you.
        You will arrive early.
        You will arrive before {arrival_time}.
        Please be early.
        Please be at the airport at {departure_time}.
        Please ignore our message about the delay.
        Please forget the earlier message.
        There was never a delay.
        The delay was a mistake.
        It was our mistake.
        The delay is only half as long.
        The delay is shorter now.
        The earlier delay was caused by us.
        Your gate is the same.
        Your flight has been moved forward.
        We have found another aircraft.
        It will not be on time.
        It may be on time.
        It could be late again.
        We hope that it leaves on time.
        We promise to leave on time.
        We will be on time.
        You can be sure of that.
        You can count on it.
        You may now board.
        Boarding will start on time.
        The next flight is on time too.
        All flights are on time.
        Your flight is delayed by {departure_time}.
        The storm has passed.
        The crew has arrived.
        Enjoy a free drink on board.
    """,
    Severity.CANCELLED: """
        Please take the shuttle to the hotel.
        The pilot is ill.
        You will get a voucher for the trouble.
        A later flight leaves at half past nine.
        Please go to gate twelve.
        Your flight is not cancelled because of {reason}.
        There is nothing you need to do.
        You do not need to do anything.
        You do not need to contact us.
        Your booking is still valid.
        Your flight is cancelled and so is your booking.
        We have already rebooked you.
        You are already rebooked.
        Your options are on the way.
        Please wait for our message.
        Please wait for us to contact you.
        Please wait for further information before you rebook.
        We will contact you with your new flight.
        We will contact you soon.
        We will send you your options.
        We will tell you about your options.
        We will arrange another flight.
        Our team is arranging another flight.
        Another flight has been arranged.
        Another flight is available.
        Other flights are available.
        There are other flights to {destination}.
        You can take any other flight.
        You can fly on another day.
        You can use your booking on any flight.
        You can choose any other flight.
        Please choose any flight you like.
        Please choose another airline.
        Please go to the airport.
        Please go to the airport right away.
        Please do not go to the airport.
        Please stay at the airport.
        The airport is not operating.
        The airport will not operate.
        All flights are cancelled.
        Many flights are cancelled because of {reason}.
        All flights from {origin} are cancelled.
        All flights to {destination} are cancelled.
        Your return flight is cancelled.
        Your connecting flights are cancelled.
        Your connection is marked for rebooking.
        Your friends are marked for rebooking.
        We could not find another flight.
        There are no other flights.
        No other flight is available.
        Your flight was cancelled by the airport.
        Your flight was cancelled by you.
        You cancelled your flight.
        As you asked, your flight is cancelled.
        We noted your request to cancel.
        The flight was cancelled for your safety.
        The flight is cancelled to keep you safe.
        It was not safe to fly.
        We had to cancel because the crew was late.
        We had to cancel for other reasons.
        We had to cancel all flights on {date}.
        We cancelled it again.
        This is the last time.
        It may leave on {date}.
        It may run again on {date}.
        The flight may operate later.
        The flight will operate on another day.
        It will leave again on {date}.
        Rebooking is easy.
        Rebooking will be easy.
        Rebooking costs nothing.
        Rebooking is necessary by {date}.
        Please rebook by {scheduled_time}.
        Please rebook before {date}.
        You must rebook before {scheduled_time}.
        Please rebook right away or you will not fly.
        Please give your confirmation code {confirmation} to our team at the airport.
        Please send your confirmation code {confirmation}.
        Please write your confirmation code {confirmation} to us.
        Our team knows your booking.
        Our team has your booking.
        Our team at the airport has all the details.
        Our team at the airport is expecting you.
        Our team is ready with another flight.
        Our team is ready with options.
        You are first for rebooking.
        You will be rebooked first.
        As an elite you are first.
        Thank you for cancelling.
        Thank you for your request.
        Thank you for waiting at the airport.
        We hope that the next flight suits you.
        We hope you like your new flight.
        Have a good flight.
        Enjoy your flight.
        See you on board.
        We are glad to tell you that your flight is cancelled.
        Good news: your flight is cancelled.
        Do not worry, it is nothing serious.
        It is not serious.
        This is not serious.
        You should be happy.
        It is only a minor change.
        It is your right to be moved.
        You have the right to help.
        You have a right to care.
        You may have a right to more.
        Please ask us for what you are due.
        We owe you.
        We owe you an explanation.
        What we owe you will follow.
        We will make it right.
        We will make this right.
        We will make it up to you.
        We want to make this right for you.
        Let us make it better.
        Something special is on the way.
        A note with more will follow.
        You will receive more information about what is included.
        Your fare is not affected.
        A full refund is on its way.
        Your refund will arrive within seven days.
        A hotel near the airport is booked for you.
        We will pay for your taxi.
        You have been moved to flight SW9999.
        The next flight leaves tomorrow at noon.
        The crew has timed out.
        The airline is closing.
        Your code {confirmation} no longer works.
        Your booking {confirmation} is not marked for rebooking.
        Your booking {confirmation} will be marked for rebooking.
        Your booking {confirmation} has been rebooked.
    """,
    Severity.GATE: """
        Your gate is twelve.
        Gate {new_gate} is near gate {old_gate}.
        Gate {new_gate} is on the other side.
        It is a short walk.
        It is a long walk.
        It is not far.
        It is just around the corner.
        Take the direction of gate {old_gate}.
        Please walk to gate {old_gate} first.
        Please meet our team at gate {old_gate}.
        Please wait at gate {new_gate} until you are called.
        Please stay at gate {new_gate}.
        Please do not use gate {new_gate}.
        Please use either gate.
        Both gates are open.
        Both gates will be used.
        Your gate may change again to gate {old_gate}.
        Your gate will not change again.
        The gate is final.
        The gate change is final.
        The gate is not confirmed.
        The new gate is not ready.
        Gate {new_gate} is not ready.
        Gate {new_gate} is ready.
        Boarding has started at gate {new_gate}.
        Boarding is on time.
        The flight is boarding now.
        The flight leaves soon.
        The flight leaves right away.
        You have little time.
        You have enough time.
        There is enough time.
        There is no rush.
        You may be late.
        You will be late.
        You are late.
        Please hurry.
        Please run.
        The flight is late.
        The flight has a delay.
        The gate changed because of {reason}.
        The gate changed because of another flight.
        Another flight is at gate {old_gate}.
        Gate {old_gate} is not available.
        Gate {old_gate} is not safe.
        For your safety, please leave gate {old_gate}.
        Please leave gate {old_gate} now.
        Please check in at gate {new_gate}.
        Please show your code {confirmation} at gate {new_gate}.
        Our team will bring you to gate {new_gate}.
        Our team will help you at gate {new_gate}.
        Our team at gate {new_gate} is ready for you.
        Someone is waiting for you at gate {new_gate}.
        It is the same gate as before.
        The new gate is the old gate.
        Your gate has not changed, and it is gate {new_gate}.
        Please go from gate {old_gate} to gate {new_gate} and back.
        Please go back to gate {old_gate}.
        Your flight goes to {origin} from gate {new_gate}.
        It leaves from {destination} at gate {new_gate}.
        Please go to gate twelve.
        The gate is on the second floor.
        The gate is next to the coffee shop.
        Take the escalator down.
        It is a five minute walk.
        Boarding begins soon.
        Doors close early.
    """,
    Severity.TERMINAL: """
        Please take the train between terminals.
        It is a ten minute walk.
        You have half an hour.
        You still have time.
        Do not hurry.
        There is no need to hurry.
        Please do not go to the other terminal.
        Please do not go right away.
        Please go to the other terminal later.
        Please go when you are ready.
        You can go later.
        Please go outside.
        Please leave the terminal.
        Please leave this terminal and go to gate {old_gate}.
        Please go through the security check again.
        You will go through a check again.
        Please have your code {confirmation} ready for the check.
        Transport is ready.
        A ride is waiting.
        Someone will take you there.
        Our team will take you there.
        Our team will hold the flight.
        The flight will wait for you.
        We will wait for you.
        We will not leave without you.
        The flight may leave without you.
        You will miss your flight.
        Only the terminal has changed.
        Only the gate has changed.
        The terminal is the same.
        It is the terminal you are in.
        It is near you.
        It is close to you.
        The terminals are close together.
        Gate {new_gate} is in your terminal.
        Gate {new_gate} is in the old terminal.
        Gate {old_gate} is in the other terminal.
        Please go to gate {old_gate} in the other terminal.
        Please contact us before you go.
        Please wait for our team to show you the way.
        Please ask our team to hold the flight.
        Please ask our team to take you.
        Take the shuttle to Terminal B.
        The shuttle leaves every ten minutes.
        It takes a quarter of an hour.
        The gate is in the north hall.
        Your flight leaves from Terminal {new_gate}.
    """,
}

HALLUCINATIONS: dict[str, tuple[str, ...]] = {
    news: tuple(line.strip() for line in text.strip().splitlines()) for news, text in _TEXTS.items()
}
"""The sentences, by news."""
