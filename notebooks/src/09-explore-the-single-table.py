# %% [markdown]
# # Explore the single table by its questions
#
# Flights, passengers and bookings share one DynamoDB table. You ask it every question the system ever asks, see the request that goes out, and then watch what one event writes.
#
# - **You will:** read by key, by relation and by status, follow a flight from one index partition to another, and compare the table before and after an event
# - **You need:** this checkout; no account and no Docker
# - **You know:** what a primary key and an index are in any database
# - **Time:** 15 minutes
# - **Cost:** 0
# - **Simplified:** the table holds five flights, its indexes never lag here, and people and bookings are invented
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The hop under study is in bold:
#
# Kafka → Lambda → EventBridge → Step Functions → **DynamoDB**, Bedrock → messages
#
# `TableExplorer` sends the requests and shows them. It has no Scan.

# %% tags=["setup"]
from flightpulse.workbench import check, connect
from flightpulse.workbench.explore import TableExplorer

wb = connect()
wb.ready("DynamoDB")
table = TableExplorer(wb.session)

# %% [markdown]
# ## Which questions can the table answer?
#
# A relational schema begins with the things, and any question can come later. Here it is the other way round: the questions came first, and the keys were chosen so that each is one read.
#
# **Predict:** flights, passengers, bookings, and who is booked on what. How many of the questions need a Scan, which reads the whole table?

# %%
patterns = table.patterns()
patterns

# %% tags=["nbval-check-output"]
ways, places = zip(*(operation.split(" on ") for operation in patterns.column("operation")))
check("ways of reading", set(ways), {"GetItem", "Query"})
check("where", set(places), {"table", "GSI1", "GSI2"})

# %% [markdown]
# Read the column *operation*. `GetItem` fetches one item by its whole key. `Query` reads one partition, in the order of its sort key. The first seven rows are the contract; the last two are the project's own.
#
# **Takeaway:** write down the questions, then choose the keys. A question that is not in the list has no cheap answer. The list as code: [table.py](../flightpulse/workbench/explore/table.py). In the field's words: *single-table design* ([glossary](../docs/glossary.md#data)).

# %% [markdown]
# ## How does a flight find its bookings?
#
# SW1234 has three bookings. There is no join in DynamoDB, and no foreign key.
#
# **Predict:** how many requests does it take to read the flight and all of its bookings?
#
# <details><summary>Count, then look</summary>One. The flight and its side of each booking have the same partition key, so they lie together.</details>

# %%
table.read("flight-collection", "SW1234").only(
    "PK", "SK", "booking_id", "passenger_id", "priority"
)

# %%
table.adjacency("SW1234")

# %% [markdown]
# Four items came back for one partition key. `BOOKING#…` sorts before `METADATA`, so the bookings come first. Read the drawing from left to right: each booking names a passenger, whose own key follows from the name. The booking's item under the flight is a copy: small, without seat or status, just enough to go on with.

# %% tags=["nbval-check-output"]
collection = table.read("flight-collection", "SW1234")
check("items under FLIGHT#SW1234", len(collection.items), 4)
check("requests", collection.pages, 1)
check("bookings found", collection.values("booking_id"), ["BKG-0001", "BKG-0002", "BKG-0003"])

# %% [markdown]
# **Takeaway:** a relation is an item under the key of the one who asks. This is the adjacency list; the keys are made in [keys.py](../flightpulse/domain/keys.py).

# %% [markdown]
# ## Why is one booking written three times?
#
# A flight asks for its bookings, a passenger asks for theirs, and somebody with a booking id asks for that booking.
#
# **Predict:** which of the three items holds the seat?

# %% tags=["nbval-check-output"]
whole = table.read("booking", "BKG-0003").only("PK", "SK", "passenger_id", "flight_id", "seat")
sides = [
    table.read("bookings-of-passenger", "PAX-0001"),
    table.read("bookings-of-flight", "SW1234"),
]
print(whole, *sides, sep="\n\n", end="\n\n")
seats = [len(item.values("seat")) for item in (whole, *sides)]
check("items that hold a seat", seats, [1, 0, 0])

# %% [markdown]
# Only `BOOKING#BKG-0003 / METADATA` has the seat. The two others say where to go. So a new seat is one write, and nothing has to be kept in step.
#
# **Takeaway:** copy keys, not facts: what never changes may be written three times. All three are written together, in [table.py of the adapters](../flightpulse/adapters/table.py).

# %% [markdown]
# ## Which flights are delayed now?
#
# No key begins with a status. The index GSI1 is a second order of the same items: partition = status, sorted by departure.
#
# **Predict:** a workflow sets the flight's status to DELAYED. What has to be done to the index?

# %%
run = wb.fire("minor-delay")
delayed, scheduled = (
    table.read("flights-by-status", status) for status in ("DELAYED", "SCHEDULED")
)
delayed.only("GSI1PK", "GSI1SK", "flight_id", "origin", "destination", "delay_minutes")

# %% tags=["nbval-check-output"]
check("SW1234 is among DELAYED", "SW1234" in delayed.values("flight_id"), True)
check("SW1234 is among SCHEDULED", "SW1234" in scheduled.values("flight_id"), False)
check(
    "sorted by departure", scheduled.values("GSI1SK") == sorted(scheduled.values("GSI1SK")), True
)

# %% [markdown]
# Look for `IndexName` in the request. The workflow wrote `GSI1PK` in the same update as `status`, and DynamoDB moved the item from one index partition to the other by itself.
#
# **Takeaway:** an index is kept by DynamoDB, not by you; you only write its key. A departure board is one Query. The update: `ApplyToFlight` in [delay.asl.json](../flightpulse/workflows/delay.asl.json). In the field's words: *secondary index*, which on AWS lags a little: *eventual consistency* ([glossary](../docs/glossary.md#data)).

# %% [markdown]
# ## Who needs another flight?
#
# When SW9012 is cancelled, somebody has to rebook its passengers, whoever waited longest first. GSI2 has the bookings by status and by the time they were made.
#
# **Predict:** in which order do the three bookings come: by number, by tier, or by age?

# %%
run = wb.fire("cancellation")
waiting = table.read("bookings-by-status", "NEEDS_REBOOKING")
columns = ("GSI2PK", "GSI2SK", "booking_id", "passenger_id", "flight_id", "rebooking_priority")
waiting.where(flight_id="SW9012").only(*columns)

# %% [markdown]
# BKG-0010 stands before BKG-0009: it is older. `GSI2SK` is `created_at`, and a Query returns its partition in that order. A long list comes in pages, each request beginning where the last one stopped: the next cell reads the same two at a time.

# %% tags=["nbval-check-output"]
of_the_flight = [item["booking_id"] for item in waiting.items if item["flight_id"] == "SW9012"]
check("of SW9012, the oldest first", of_the_flight, ["BKG-0008", "BKG-0010", "BKG-0009"])
in_twos = table.read("bookings-by-status", "NEEDS_REBOOKING", page_size=2)
check(
    "the same bookings as on one page",
    in_twos.values("booking_id") == waiting.values("booking_id"),
    True,
)

# %% [markdown]
# **Takeaway:** the sort key decides the order, so choose it for the reader of the list. A page's end is a key, `LastEvaluatedKey`, and not a number of a page. The indexes are declared in [table.py of the stack](../flightpulse/stack/table.py).

# %% [markdown]
# ## What does one event change?
#
# A gate change reaches SW3456. You take a snapshot of the flight and its bookings, let the event happen, and compare.
#
# **Predict:** the gate changes, of course. What else has to be written down so that nobody is told twice?

# %%
wb.table.reset("SW3456")
before = table.snapshot("SW3456", bookings=True)
run = wb.fire("gate-change")
changes = table.changes(before)
changes

# %% [markdown]
# `~` is changed, `+` is added. Each booking's item under the flight now says which event was told on which channel and that it was `SENT`: the claim that makes a second delivery harmless. The bookings' own items stayed as they were.

# %% tags=["nbval-check-output"]
touched = changes.names()
check(
    "of the flight", touched["FLIGHT#SW3456 / METADATA"], ("correlation_id", "gate", "gate_as_of")
)
of_bookings = sorted(key for key in touched if "BOOKING" in key)
check(
    "bookings under it",
    [key.split("#")[-1] for key in of_bookings],
    ["BKG-0011", "BKG-0012", "BKG-0013"],
)
check(
    "items outside of the flight's partition",
    [key for key in touched if not key.startswith("FLIGHT#")],
    [],
)

# %% [markdown]
# **Takeaway:** what must happen once is claimed in the table before it happens. `gate_as_of` keeps the time of the news, so that older news cannot overwrite it: `ApplyToFlight` in [gate_change.asl.json](../flightpulse/workflows/gate_change.asl.json).

# %% [markdown]
# ## Who took the event?
#
# The same table remembers each event, under a key of its own and only for a while.
#
# **Predict:** Kafka delivers the event a second time. What does its workflow find here?

# %%
import json

claim = table.read("event-claim", wb.run("gate-change").event["event_id"])
claim.only("PK", "SK", "status", "workflow", "execution", "outcome", "expires_at")

# %% tags=["nbval-check-output"]
check("state of the claim", claim.values("status"), ["DONE"])
check("claimed by", claim.values("workflow"), ["FlightPulse-GateChangeWorkflow"])
check("messages it led to", json.loads(claim.values("outcome")[0])["told"], 6)

# %% [markdown]
# The item was put on condition that it was not there. A second execution fails that condition, finds `DONE` and ends without telling anybody. `expires_at` lets DynamoDB delete the item later, free of charge.
#
# **Takeaway:** one conditional put makes a workflow idempotent. Its state is `ClaimEvent` in [gate_change.asl.json](../flightpulse/workflows/gate_change.asl.json), and [Send a rapid sequence](06-send-a-rapid-sequence.ipynb) breaks it on purpose. In the field's words: *idempotency* ([glossary](../docs/glossary.md#messages-and-delivery)).

# %% [markdown]
# ## What we simplified
#
# - On AWS an index lags behind its table by milliseconds, so a Query on GSI1 may still miss the flight that you have just changed. Here indexes are up to date at once.
# - A status as partition key is fine for this airline. At thousands of writes a second, one hot status would be spread over several partition keys.
# - Capacity is not shown, because the local cloud does not measure it: [what stays different from AWS](../docs/local-cloud.md#what-stays-different-from-aws).

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Read `bookings-by-status` for `CONFIRMED` with `page_size=1`. Why is there one page more than there are bookings?
#    <details><summary>Solution</summary>A page that is full gives a key to go on from, also the last one; the page after it is empty.</details>
# 2. *Change a rule.* Sort SW1234's bookings by `priority`, without another read. Why does no workflow do that?
#    <details><summary>Solution</summary><code>sorted(table.read("bookings-of-flight").items, key=lambda item: item["priority"])</code>. A workflow asks for one tier after the other, so that no state has to hold everybody.</details>
# 3. *Break it.* Ask what nobody planned: `table.read("flights-by-origin", "DAL")`. What would answer it?
#    <details><summary>Solution</summary>There is no such pattern. It takes a third index: origin, then departure.</details>

# %% [markdown]
# ## Clean up
#
# This puts the three flights and their bookings back to where they were. You may run it twice.

# %% tags=["cleanup"]
wb.table.reset("SW1234", "SW9012", "SW3456")

# %% [markdown]
# ## Where the code lives
#
# - The keys: [flightpulse/domain/keys.py](../flightpulse/domain/keys.py)
# - What the functions read and write: [flightpulse/adapters/table.py](../flightpulse/adapters/table.py)
# - The table with its indexes and its stream: [flightpulse/stack/table.py](../flightpulse/stack/table.py)
# - The explorer: [flightpulse/workbench/explore](../flightpulse/workbench/explore)
# - Read more: [AWS: secondary indexes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html), [AWS: adjacency lists](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-adjacency-graphs.html)
#
# Next: [Call the API](10-call-the-api.ipynb).
