# %% [markdown]
# # Call the API and read its log
#
# Seven routes show what the system knows. You call each as a departure board and as a service with credentials, walk through pages, make every mistake on purpose, and find all of it again in the access log.
#
# - **You will:** call all routes signed and unsigned, follow `next_token`, and tell an answer of the gateway from one of the function
# - **You need:** this checkout; no account and no Docker
# - **You know:** what an HTTP request and its status are
# - **Time:** 10 minutes
# - **Cost:** 0
# - **Simplified:** a signature must be there but is not verified, nothing is throttled, and people and bookings are invented
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# The part under study is beside the flow of events and only reads:
#
# table in DynamoDB ← λ APIHandlers ← **API Gateway** ← departure boards, services, you
#
# `wb.api(path)` signs a request with Signature Version 4 and sends it. `flightpulse api PATH` does the same in a terminal.

# %% tags=["setup"]
from flightpulse.workbench import check, connect

wb = connect()
wb.ready("API Gateway", "DynamoDB")

# %% [markdown]
# ## What may anybody ask?
#
# A departure board at the airport is public. Who sits in which flight is not.
#
# **Predict:** which of the seven routes answer a caller without a signature?

# %%
flight, passenger = "/flights/SW1234", "/passengers/PAX-0001"
routes = ["/health", "/flights?status=SCHEDULED", flight, f"{flight}/bookings", passenger]
routes += [f"{passenger}/bookings", "/bookings/BKG-0003"]
unsigned = {route: wb.api(route, signed=False).status for route in routes}

# %% tags=["nbval-check-output"]
for route in routes:
    print(f"{route:<30}  unsigned {unsigned[route]}   signed {wb.api(route).status}")
check("open to everybody", [route for route in routes if unsigned[route] == 200], routes[:3])

# %% [markdown]
# `403` is *forbidden*: API Gateway refused before any code of ours ran. The path alone decided, not what stands in the table.
#
# **Takeaway:** a route is open or needs IAM, and the stack says which, one line per route, in [api.py](../flightpulse/stack/api.py). An application's own users would come with an authorizer instead. In the field's words: *least privilege* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What does it tell about a passenger?
#
# Maya's item in the table has her e-mail address and her phone number, because somebody has to write to her. The house rule for the API: no contact data, not even for a signed caller.
#
# **Predict:** how is that done, by leaving fields out or by masking them?

# %%
answer = wb.api("/passengers/PAX-0001")
answer

# %% [markdown]
# Compare it with the item. The answer has no `email` and no `phone`, but it says which channels she wants: that is a preference, not a way to reach her.

# %% tags=["nbval-check-output"]
item = wb.table.passenger("PAX-0001").to_fields()
check("in the table, not in the answer", sorted(set(item) - set(answer.body)), ["email", "phone"])
check("her address in the answer", item["email"] in str(answer), False)
check("her number in the answer", item["phone"] in str(answer), False)

# %% [markdown]
# **Takeaway:** data that is not sent cannot leak. The two names stand in `_CONTACT_DATA`, in [look_up.py](../flightpulse/use_cases/look_up.py).

# %% [markdown]
# ## How does a long list arrive?
#
# `limit` says how many entries one answer may have. If there is more, the answer has a `next_token`, and the next request sends it back.
#
# **Predict:** three bookings, two at a time. What does the second answer lack?

# %%
first = wb.api("/flights/SW1234/bookings?limit=2")
second = wb.api(f"/flights/SW1234/bookings?limit=2&next_token={first.body['next_token']}")
print(first, second, sep="\n\n")

# %% [markdown]
# `count` counts this page, not everything: to count everything the table would have to be read to its end. The token is the key of the last item, packed up. It belongs to its question; try it with another:

# %% tags=["nbval-check-output"]
check("bookings on the pages", [page.body["count"] for page in (first, second)], [2, 1])
check("the second page says there is more", "next_token" in second.body, False)
other = wb.api(f"/passengers/PAX-0001/bookings?next_token={first.body['next_token']}")
print(other.body["error"])
check("the same token for another question", other.status, 400)

# %% [markdown]
# **Takeaway:** a page ends at a key, so it costs the same on page 1 and on page 1,000, and new entries shift nothing. Packing and checking: [page_token.py](../flightpulse/adapters/page_token.py).

# %% [markdown]
# ## What does a mistake get?
#
# Callers make mistakes: a typing error, an unknown id, a number too large. An API is judged by what it says then.
#
# **Predict:** what is the status for `?status=LATE`, and what for a flight that does not exist?

# %%
mistakes = ["/flights", "/flights?status=LATE", "/flights?status=DELAYED&limit=0"]
mistakes += ["/flights/SW0000", "/flights/SW0000/bookings", "/bookings/BKG-9999"]
answers = [wb.api(path) for path in mistakes]

# %% tags=["nbval-check-output"]
for path, answer in zip(mistakes, answers):
    print(f"{answer.status}  {path:<31}  {answer.body['error'][:50]}")
check("statuses", [answer.status for answer in answers], [400, 400, 400, 404, 404, 404])
check(
    "fields of an error", sorted({name for answer in answers for name in answer.body}), ["error"]
)

# %% [markdown]
# `400`: the question itself cannot be answered, whatever the table holds. `404`: a good question about something that is not there. A flight without bookings would get `200` and an empty list; an unknown flight must not look like that.
#
# **Takeaway:** one shape for all errors, `{"error": "…"}`, in one sentence that names the way out.

# %% [markdown]
# ## Who said no?
#
# A request passes two doors: API Gateway, which looks at route, method, signature and whether every path parameter is there, and the function, which looks at what the parameters say. Both say no in the same shape.
#
# **Predict:** you ask for a path that does not exist. Which of the two answers, and with which status?

# %%
for path in ("/flights/SW0000", "/flights?status=LATE", "/nowhere"):
    wb.api(path)
wb.api("/flights", method="POST"), wb.api("/bookings/BKG-0003", signed=False)
log = wb.logs.requests(last=5)
log

# %% [markdown]
# *function ms* is how long the function took; `-` says that it was never called. An unknown path has no route, so it is `-` too, and API Gateway calls that a *missing authentication token*, which has misled many people.

# %% tags=["nbval-check-output"]
check("statuses", log.column("status"), ["404", "400", "403", "403", "403"])
check(
    "reached the function",
    [ms != "-" for ms in log.column("function ms")],
    [True, True, False, False, False],
)
check("routes", log.column("route")[:3], ["/flights/{flightId}", "/flights", "-"])

# %% [markdown]
# **Takeaway:** what the gateway refuses costs no function call. Its answers are brought into our shape by two gateway responses in [api.py of the stack](../flightpulse/stack/api.py).

# %% [markdown]
# ## What does the log keep about people?
#
# Logs live long and many may read them. You ask for Maya once more and then look for her in everything that was written down.
#
# **Predict:** will you find her name, her address, her id?

# %%
wb.api("/passengers/PAX-0001")
access = wb.logs.requests(last=1)
same_request = f'{{ $.correlation_id = "{access.column("request id")[0]}" }}'
function = wb.logs.table("api", pattern=same_request)

# %% tags=["nbval-check-output"]
print("access log: ", access.column("method")[0], access.column("route")[0])
print("function log:", function.column("line")[0])
found = wb.logs.table(
    "access", "api", pattern='?Maya ?Okafor ?"example.com" ?"555-01" ?"PAX-0001"'
)
check("lines of the function about this request", len(function), 1)
check("lines of both logs with her in them", len(found), 0)

# %% [markdown]
# Both logs name the *route*, `/passengers/{passengerId}`, and not the path that was asked for. The search went through whole lines. The request id joins the two; on AWS it is also the answer's header `x-amzn-RequestId`.
#
# **Takeaway:** log what kind of question was asked and how it went, not about whom. The fields are listed in [api.py of the stack](../flightpulse/stack/api.py).

# %% [markdown]
# ## What we simplified
#
# - Here a signed route refuses a request without a signature, but takes any signature. On AWS it is verified, and the caller's policy decides.
# - On AWS the access log's lines come some seconds after the request. Here they are there at once.
# - The stage allows 100 requests a second and bursts of 200; the local cloud notes that and throttles nobody.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* Read all SCHEDULED flights with `limit=1`. How many requests does it take, and how does the API know which page is the last?
#    <details><summary>Solution</summary>One for each flight. The function reads one item more than it shows.</details>
# 2. *Change a rule.* Departure boards shall no longer see `aircraft`. Which line of look_up.py do you change, and how do you see it work?
#    <details><summary>Solution</summary>In <code>flight</code>, leave it out of <code>to_fields()</code>, as <code>passenger</code> does with what reaches a person; then <code>wb.stack.deploy(again=True)</code> and <code>wb.api("/flights/SW1234")</code>.</details>
# 3. *Break it.* Change one letter in the middle of a `next_token` and send it. Another page, an error of ours, or a 500?
#    <details><summary>Solution</summary>400: <code>next_token is not one of ours</code>. It never reaches DynamoDB.</details>

# %% [markdown]
# ## Clean up
#
# This notebook only read. The flights are put back all the same, in case you tried something. You may run it twice.

# %% tags=["cleanup"]
wb.table.reset("SW1234")

# %% [markdown]
# ## Where the code lives
#
# - Routes, signatures, access log and throttle: [flightpulse/stack/api.py](../flightpulse/stack/api.py)
# - The function behind them: [flightpulse/functions/api_routes.py](../flightpulse/functions/api_routes.py), and what it answers: [flightpulse/use_cases/look_up.py](../flightpulse/use_cases/look_up.py)
# - Each route with its answers: [flightpulse-spec.md](../docs/flightpulse-spec.md)
# - Read more: [AWS: who may call an API](https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html)
#
# Next: [Add an event type](11-add-an-event-type.ipynb).
