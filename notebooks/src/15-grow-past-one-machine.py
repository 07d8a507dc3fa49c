# %% [markdown]
# # Grow past one machine, on paper and in a simulation
#
# One laptop told a flight in half a second. You work out what an airline of 4,000 flights a day would take, what a passenger costs with and without a model call each, and which quota of AWS gives way first. Then a simulation says whether your paper was right.
#
# - **You will:** price a message, fit a line through measurements, hold a storm against six quotas, simulate it, and raise what binds
# - **You need:** this checkout; nothing runs
# - **You know:** notebooks 03 and 04; what 13 shows of a storm
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** quotas are us-east-1's defaults, service times a laptop's, and every flight has 58 bookings
#
# Recorded from what earlier runs have stored; no service ran. What an event takes was measured on the local cloud: [measured_events.json](../flightpulse/workbench/course/measured_events.json).

# %% [markdown]
# Every hop has a quota, and a storm meets them all at once:
#
# **Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages**

# %% tags=["setup"]
from flightpulse.workbench import check
from flightpulse.workbench.course import capacity
from flightpulse.workbench.course.capacity import LoadCase
from flightpulse.workbench.messages import preparing
from flightpulse.workbench.messages.segment_names import segments_like

# %% [markdown]
# ## What does a passenger cost?
#
# The design that suggests itself asks a model once for each passenger. FlightPulse asks for each *segment*, a kind of news for a kind of passenger, lets a second model review the draft, and keeps it.
#
# **Predict:** 180 passengers, one delay because of the weather. How many calls does each design make, at the most?

# %%
nova = dict.fromkeys(("author", "reviewer"), "amazon.nova-lite-v1:0")
haiku = dict.fromkeys(("author", "reviewer"), "us.anthropic.claude-haiku-4-5")
segments = segments_like("delay/MAJOR/WEATHER")
for ids in (nova, haiku):
    print("each passenger:", preparing.estimate(segments[:1] * 180, (), ids))
    print("each segment:  ", preparing.estimate(segments, segments, ids))

# %% tags=["nbval-check-output"]
check("segments of this news", len(segments), 12)
check("calls for them, with a review each", 2 * len(segments), 24)
check("segments of all news that there is", len(segments_like("")), 462)

# %% [markdown]
# 24 calls at the most, and none when they were prepared. The next flight needs none either, nor does the one after it. Beside what all the rest costs, for 1,000 passengers told:

# %%
from flightpulse.workbench.costs import run_cost

flight = capacity.measured()[1]
fields = {"messages": flight["messages"], "passengers": flight["bookings"]}
fields |= {name: flight[name] for name in ("transitions", "invocations", "write_units", "events")}
rest = float(run_cost.priced(run_cost.RunUsage(**fields)).per_thousand)
models = {"Nova Lite": nova, "Claude Haiku 4.5": haiku}
calls = {name: float(preparing.estimate(segments[:1] * 1000, (), ids).dollars)
         for name, ids in models.items()}
print(f"states, writes and events: USD {rest:.3f}")
print(*(f"a call each, {name}: USD {usd:.3f}" for name, usd in calls.items()), sep="\n")

# %% tags=["nbval-check-output"]
check("times the rest, Nova Lite", round(calls["Nova Lite"] / rest, 1), 4.3)
check("times the rest, Claude Haiku 4.5", round(calls["Claude Haiku 4.5"] / rest), 90)

# %% [markdown]
# **Takeaway:** ask a model for what is common, and let code fill in what is not. It is cheaper, it can be read before it is sent, and no model learns who flies. Prices: [costs.md](../docs/costs.md). In the field's words: *cost per event* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What does one event take?
#
# Flights of 40 and of 160 bookings were told, everybody by e-mail and text. A line through two points says what the flight itself takes, and what each booking adds, with two messages here.
#
# **Predict:** a message is claimed, sent and confirmed. How many state transitions is that?

# %%
import pandas as pd

measured = pd.DataFrame(capacity.measured()).set_index(["kind", "bookings"])
measured[["messages", "transitions", "write_units", "events", "executions", "seconds"]]

# %% tags=["nbval-check-output"]
columns = ["transitions", "write_units", "events"]
sizes = measured[["messages", *columns]]
grown = sizes.xs(160, level="bookings") - sizes.xs(40, level="bookings")
each = grown[columns].div(grown["messages"], axis=0).round(2)
check("a message about a delay", each.loc["delay"].tolist(), [0.42, 2.0, 1.0])
check("a message about a cancellation", each.loc["cancellation"].tolist(), [0.92, 3.5, 1.5])

# %% [markdown]
# Fewer transitions than you drew: five bookings, with both messages of each, share a claim, a send and a confirmation. That is 0.3 for a message; the rest is what each chunk takes. They are written in one *transaction* ([glossary](../docs/glossary.md#data)), and each of its writes takes two units; but transitions are dearer, and have the smaller quota. A cancellation marks each booking as well, which writes the item and moves it between two partitions of an index.
#
# **Takeaway:** measure two sizes and draw the line, or you will not know what grows. `python -m tools.bench.service_times` measures again: [service_times.py](../tools/bench/service_times.py).

# %% [markdown]
# ## Which quota gives way first?
#
# On 8 March 2013, the worst day, 979 flights had 151 events that somebody is told of in the busiest hour. An airline with 4,000 flights: 617 events.
#
# **Predict:** is that much for AWS? And for this laptop?

# %%
hour = LoadCase(flights=617, within=3600, kind="delay")
capacity.table(hour)

# %% tags=["nbval-check-output"]
check("what the worst hour waits for", capacity.first_to_bind(hour) or "nothing", "nothing")
told = measured.loc[("delay", 160)]
laptop = told["messages"] / told["seconds"]
needed = hour.told * hour.messages / hour.within
check("a laptop tells that hour", bool(laptop > needed), True)

# %% [markdown]
# Less than one percent of every quota; the laptop itself would do. Now the worst *minute*: the airline's computers fail, and all 4,000 flights are cancelled at once.

# %%
minute = LoadCase(flights=4000, within=60)
capacity.table(minute)

# %% tags=["nbval-check-output"]
check("what the worst minute waits for", capacity.first_to_bind(minute), capacity.ONE_KEY)
late = capacity.waits(minute)
check("seconds late for it", round(late[capacity.ONE_KEY]), 171)
check("seconds late for the next", round(late[capacity.TRANSITIONS]), 69)

# %% [markdown]
# The first to give way is no quota that anybody raises: all bookings go to one key of an index, `NEEDS_REBOOKING`, and one key lives on one partition, which takes 1,000 units a second. Next come the transitions. Three minutes of thirty; and with a model call for each passenger:

# %% tags=["nbval-check-output"]
asking = LoadCase(flights=4000, within=60, calls=1)
late = capacity.waits(asking)[capacity.CALLS]
check("hours until the last was asked for", round(late / 3600, 1), 3.8)
check("within half an hour", late <= capacity.RULE_SECONDS, False)

# %% [markdown]
# **Takeaway:** size by the worst minute, not by the worst hour. Look for the one thing that everybody shares: a key, a bucket, a model. In the field's words: *quota*, *hot partition* ([glossary](../docs/glossary.md#data)).

# %% [markdown]
# ## Does a simulation agree?
#
# Paper adds up; it knows no queues. The simulation lets every flight go its way, tier after tier, takes what has a quota from one bucket for all, and lets chunks last as long as measured ones.
#
# **Predict:** paper says that the last passenger waits 171 seconds. Will the simulation say more, or less?

# %%
from flightpulse.workbench.show import charts

waited = capacity.simulate(minute)
charts.latency_ecdf(waited, what="groups of passengers", since="the event")

# %% tags=["nbval-check-output"]
check("groups: three tiers of each flight", len(waited), 12_000)
check("seconds for the last, simulated", round(waited[-1]), 171)
check("seconds at most for half of them", round(charts.percentile(waited, 0.5)), 85)

# %% [markdown]
# About the same, because one queue dominates. What paper does not say: half of all wait half as long, and who flies late in the list waits longest. Kafka hands events on as they came; to hear who leaves first would take a priority.
#
# **Takeaway:** paper finds the bottleneck, a simulation the distribution, a measurement the mistake in both. The simulation is some 60 lines of [capacity.py](../flightpulse/workbench/course/capacity.py).

# %% [markdown]
# ## And all of them?
#
# Some 100,000 airliners leave on a day, world-wide. First their worst hour, if all had the New York day; then the absurd bound: all cancelled within one minute.
#
# **Predict:** by how much must what be raised, so that half an hour is kept even then?

# %%
everywhere = LoadCase(flights=15_424, within=3600, kind="delay")
bound = LoadCase(flights=100_000, within=60)
display(capacity.table(everywhere), capacity.table(bound))

# %% tags=["nbval-check-output"]
waiting_for = capacity.first_to_bind(everywhere)
check("what the worst hour of all waits for", waiting_for or "nothing", "nothing")
over = {name for name, late in capacity.waits(bound).items() if late > capacity.RULE_SECONDS}
check("more than half an hour late", over, {capacity.ONE_KEY, capacity.TRANSITIONS})

# %% [markdown]
# Two, and the number of starts close behind. The key is spread over ten; transitions and starts are asked for, four times as many. Paper and simulation part ways a little, because two queues now feed a third:

# %% tags=["nbval-check-output"]
more = capacity.raised({capacity.ONE_KEY: 10, capacity.TRANSITIONS: 4, capacity.STARTS: 4})
late = capacity.waits(bound, more)
check("what binds now", capacity.first_to_bind(bound, more), capacity.EVENTS)
check("minutes late on paper", round(late[capacity.EVENTS] / 60, 1), 21.7)
waited = capacity.simulate(bound, more)
check("minutes for the last, simulated", round(waited[-1] / 60, 1), 23.0)
check("within half an hour", waited[-1] <= capacity.RULE_SECONDS, True)

# %% [markdown]
# Other ways out, weighed:
#
# - **Express for the chunks:** no quota on transitions, and cheaper; but no history to step through, no redrive, and a chunk may run twice. Our claims bear that.
# - **Distributed Map:** 10,000 children at once instead of our four a tier; 58 bookings are at most two chunks a tier, so there is nothing to spread.
# - **Kafka:** 100,000 records of 1 kB in a minute are 1.7 MB a second. If a record takes 20 ms, that is 34 at a time: as many partitions, of the 300 that a small broker bears.

# %% tags=["nbval-check-output"]
records = bound.flights / bound.within
check("partitions busy, at 20 ms a record", -(-records * 0.020 // 1), 34.0)
transitions = minute.takes()[capacity.TRANSITIONS] / minute.flights
check("transitions of one cancelled flight", round(transitions), 162)

# %% [markdown]
# **Takeaway:** a design scales when what binds can be bought or spread, and you know the order in which it binds. Sources: [Step Functions](https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html), [EventBridge](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html), [DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html), [Bedrock](https://docs.aws.amazon.com/general/latest/gr/bedrock.html), [MSK](https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html).

# %% [markdown]
# ## What we simplified
#
# - Defaults are for accounts with a past. A new one may have a tenth, and Bedrock's quotas differ from account to account: look at Service Quotas first.
# - A new table bears 4,000 units a second at once and needs half an hour to double a peak; DynamoDB splits a hot partition after a while, which helps.
# - Service times are a laptop's with everything on it. On AWS a call takes longer and more of them run at once.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* How many flights can be cancelled within one minute, with default quotas, so that half an hour is kept?
#    <details><summary>Solution</summary>About 32,000: 1,000 units a second for 31 minutes, and 58 bookings a flight.</details>
# 2. *Change a rule.* The airline lets its cancellations out over ten minutes instead of one. Who is better off?
#    <details><summary>Solution</summary>Nobody waits for a quota: <code>capacity.first_to_bind(LoadCase(4000, 600))</code> is empty. But who comes last is told ten minutes later, because the airline knew it.</details>
# 3. *Break it.* Give every flight 853 bookings. What binds, and which part of the design do you doubt?
#    <details><summary>Solution</summary>The same key, 41 minutes late. Spreading it comes first, whoever flies; see <code>capacity.table(LoadCase(3000, 60, bookings=853))</code>.</details>

# %% [markdown]
# ## Clean up
#
# Nothing ran, and nothing is left.

# %% [markdown]
# ## Where the code lives
#
# - Quotas, paper and simulation: [capacity.py](../flightpulse/workbench/course/capacity.py)
# - Segments: [segments.py](../flightpulse/messages/segments.py); why: [decisions.md](../docs/decisions.md)
# - Measured beside a call for each booking: `make bench`, [tools/bench](../tools/bench)
# - Read more: [AWS: using load shedding to avoid overload](https://aws.amazon.com/builders-library/using-load-shedding-to-avoid-overload/), [AWS: choosing partition keys](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html)
#
# Next: [Weather a storm](16-weather-a-storm.ipynb), the last.
