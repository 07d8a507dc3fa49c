# %% [markdown]
# # Replay a blizzard, hour by hour
#
# On 8 February 2013 a blizzard reached New York and half of all flights were cancelled. You read the day as data, see when its passengers could know, replay a part of it, and hold the system to the half hour that the law gives an airline.
#
# - **You will:** count a real day with pandas, tell facts from inventions, replay 36 flights at 7,200 times their speed, and read how long everybody waited
# - **You need:** this checkout; no account and no Docker
# - **You know:** what notebook 00 shows, and a little pandas
# - **Time:** 10 minutes
# - **Cost:** 0
# - **Simplified:** passengers, and the moments at which cancellations were known, are invented; aircraft here carry four bookings
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The whole way is under load:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**
#
# Flights, schedules and cancellations are the US Department of Transportation's: [what is real and what is not](../sample_data/replays/README.md).

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from simulator import days

wb = connect()
wb.ready("Kafka", "Lambda", "EventBridge", "Step Functions", "DynamoDB", "messages")

# %% [markdown]
# ## What did the day look like?
#
# Every row is a flight that was to leave one of New York's three airports. A cancelled one has no departure.
#
# **Predict:** 930 flights were planned. How many were cancelled, and by all airlines alike?

# %%
import pandas as pd

day = days.find("2013-02-08")
flights = pd.DataFrame(days.read(day))
flights["hour"] = flights["leaves_at"].dt.tz_convert("America/New_York").dt.hour
flights["became"] = "left"
flights.loc[flights["delay"] >= 30, "became"] = "30 minutes late or more"
flights.loc[flights["left_at"].isna(), "became"] = "cancelled"
pd.crosstab(flights["carrier"], flights["became"]).loc[["9E", "DL", "EV", "UA", "B6", "AA"]]

# %% tags=["nbval-check-output"]
counted = flights["became"].value_counts()
check("planned, cancelled", (len(flights), int(counted["cancelled"])), (930, 472))
check("30 minutes late or more", int(counted["30 minutes late or more"]), 68)

# %% [markdown]
# Few flights were late. An airline that sees a storm coming does not wait: it cancels, so that aircraft and crews are where they are needed the day after. Endeavor (9E) gave up 78 % of its flights, JetBlue (B6) 39 %.
#
# **Takeaway:** look at the shape of the load before you build for it. This one is one big piece of news for each flight, not many small ones: [days.py](../simulator/days.py) reads it.

# %% [markdown]
# ## When did the storm arrive?
#
# JetBlue's flights by the hour in which they were to leave.
#
# **Predict:** from which hour on did nothing leave any more?

# %%
from flightpulse.workbench.show import charts

jetblue = flights[flights["carrier"] == "B6"]
became = pd.crosstab(jetblue["hour"], jetblue["became"])
order = ["left", "30 minutes late or more", "cancelled"]
charts.by_hour(became[order].to_dict(), title="JetBlue, 8 February: from 17:00 on nothing leaves")

# %% tags=["nbval-check-output"]
evening = jetblue[jetblue["hour"] >= 17]
check("to leave at 17:00 or later", len(evening), 49)
check("of those, cancelled", int((evening["became"] == "cancelled").sum()), 49)
check("cancelled before", int((jetblue["became"] == "cancelled").sum()) - 49, 8)

# %% [markdown]
# **Takeaway:** this is a step, not a slope. Whoever sizes a system by the average of a day, 57 cancellations in 24 hours, has sized it for another day.

# %% [markdown]
# ## When could passengers know?
#
# The source says what happened, never when somebody knew. The replay draws it: six to eighteen hours ahead where an airline cancels a fifth of its day or more. Each such event says `basis: synthetic`.
#
# **Predict:** the evening's 49 flights are cancelled in one block. In how many hours do the 49 pieces of news come?

# %%
from flightpulse.workbench.deploy import seeding
from flightpulse.workbench.fire.replaying import Choice

leaves_on = seeding.tomorrow().isoformat()
plan = Choice(day=day.name, leaves_on=leaves_on, carriers=("B6",), bookings=1,
              departures=False).plan()
news = pd.DataFrame({"at": item.known_at, "kind": item.kind.value, "basis": item.basis,
                     "leaves": item.row.leaves_at} for item in plan.news)
news["hour"] = news["at"].dt.tz_convert("America/New_York").dt.hour
charts.by_hour(pd.crosstab(news["hour"], news["kind"]).to_dict(),
               title="The same day as news: spread from night to afternoon", what="events")

# %% tags=["nbval-check-output"]
bases = news.groupby("kind")["basis"].unique().map(sorted).to_dict()
check("how a delay is known", bases["FLIGHT_DELAY"], ["floor"])
check("how a cancellation is known", bases["FLIGHT_CANCELLED"], ["synthetic"])
check("events of the day", len(news), 86)
leaves = news["leaves"].dt.tz_convert("America/New_York").dt.hour
block = news[(news["kind"] == "FLIGHT_CANCELLED") & (leaves >= 17)]
hours = block["at"].dt.floor("h").nunique()
check("the evening's flights, hours of their news", (len(block), hours), (49, 15))

# %% [markdown]
# The bar at 23 is the evening before. Departures are left out: they close a flight, and nobody is told of them. A *floor* is honest by construction: thirty minutes after the schedule, with the aircraft at the gate, "at least thirty minutes" is true. *Synthetic* is an assumption, and the events say so.
#
# **Takeaway:** data of the past know the future. No event may use a value that nobody had at its time: [replay.py](../simulator/replay.py).

# %% [markdown]
# ## What does the system make of it?
#
# JetBlue from Newark and LaGuardia: 36 flights with four bookings each, 14 cancellations and two delays. Two hours pass in a second. With every seat filled it is `flightpulse replay 2013-02-08 --carrier B6`.
#
# **Predict:** sixteen events, and about fifty people who want e-mails or texts. How many messages for each of them?

# %%
from flightpulse.workbench.fire.pace import Pace

choice = Choice(day=day.name, leaves_on=leaves_on, carriers=("B6",),
                origins=("EWR", "LGA"), bookings=4, departures=False)
replayed = wb.events.replay(choice.plan(), pace=Pace(7200), choice=choice)
pd.DataFrame(replayed.lines).set_index("kind").drop(columns=["p50", "p95"])

# %% tags=["nbval-check-output"]
for seen in replayed.run.checks:
    check(seen.expected, seen.ok, True)
mail = wb.inbox(since=replayed.run.began_at)
check("messages", len(mail), 77)

# %% [markdown]
# Each person hears once on each channel they chose, and each flight's newest news. What one of them reads:

# %%
mail.first(2)

# %% [markdown]
# **Takeaway:** a replay is a test with real shapes. The same seed gives the same people and the same events on every machine, so a day can be a regression test: [replaying.py](../flightpulse/workbench/fire/replaying.py).

# %% [markdown]
# ## Was everybody told in half an hour?
#
# 14 CFR 259.8 gives a US airline 30 minutes from becoming aware of a cancellation, or of a delay of 30 minutes or more, to telling its passengers. The clock begins at the event's `timestamp`, when operations knew, and ends at the message.
#
# **Predict:** what share of the half hour does the passenger need who waited longest?

# %%
told = mail.to_frame()
waits = (told["at"] - told["event_at"]).dt.total_seconds()
charts.latency_ecdf(list(waits), target=30 * 60, since="the event")

# %% tags=["nbval-check-output"]
check("messages measured", len(waits), 77)
check("within 30 minutes", int((waits <= 30 * 60).sum()), 77)
check("within one of those minutes", bool(waits.max() <= 60), True)

# %% [markdown]
# The speed of the replay does not flatter the curve: events come 7,200 times faster than they did, so a system that is too slow shows it here first. In an account the metric `AwareToTold` measures the same, and an alarm watches it.
#
# **Takeaway:** turn a rule into a number with a beginning and an end, and measure the slowest, not the average. In the field's words: a *service level objective* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What we simplified
#
# - Four bookings for each flight; `bookings=None` fills the aircraft: 2,430 bookings. 1,098 of them are on flights with news, and 1,036 of those chose a channel.
# - The law speaks of what the airline displays and announces as well; FlightPulse sends e-mails and texts to who asked for them.
# - People whose flight is cancelled need another one. Here a rebooking system is only called: [Cancel a flight](04-cancel-a-flight.ipynb).

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Replay with `Pace(60)` and look at the curve again. Which part of it changes?
#    <details><summary>Solution</summary>Hardly any: events come alone now, so nobody waits behind others, but the way itself stays. It takes fifteen minutes; interrupt the kernel to end it.</details>
# 2. *Change a rule.* Use `seed=2` in the choice. What stays the same?
#    <details><summary>Solution</summary>Flights, delays, and which flights are cancelled, because they are real. People, and when cancellations were known, are drawn anew.</details>
# 3. *Break it.* Ask for `carriers=("WN",), origins=("JFK",)`. What do you get?
#    <details><summary>Solution</summary>One sentence: no flight is left, and which airports Southwest did leave from. A filter that leaves nothing is a mistake, not an empty day.</details>

# %% [markdown]
# ## Clean up
#
# The replayed flights leave the table, with their bookings. You may run it twice.

# %% tags=["cleanup"]
wb.table.remove(*(flight.flight_id for flight in choice.plan().data.flights))

# %% [markdown]
# ## Where the code lives
#
# - The days and the rules of their replay: [sample_data/replays](../sample_data/replays/README.md), [simulator](../simulator)
# - Sending, waiting, judging: [replaying.py](../flightpulse/workbench/fire/replaying.py)
# - The metric and its alarm: [observability.md](../docs/observability.md)
# - Read more: [14 CFR 259.8](https://www.ecfr.gov/current/title-14/chapter-II/subchapter-A/part-259/section-259.8), [AWS: event source mappings for Kafka](https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html)
#
# Next: [Find a cause](14-find-a-cause.ipynb).
