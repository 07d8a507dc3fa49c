# %% [markdown]
# # Deploy the stack and see what it is made of
#
# One command turns a folder of Python into a running system of some 150 parts. You run it, read what came up and why, and work out what it would cost on AWS.
#
# - **You will:** run `cdk deploy` from a cell, read the list of resources, a role and a bill, and deploy again to see nothing happen
# - **You need:** this checkout; no account, no Docker and no Node
# - **You know:** that a cloud account holds resources, and what a role is in a word: who may do what
# - **Time:** 10 minutes
# - **Cost:** 0 on the local cloud; section 4 says what it is on AWS
# - **Simplified:** the local cloud brings resources up in seconds that take AWS minutes, and reads no policy
#
# Recorded on the local cloud; the messages were written by its stand-in model, not by Amazon Bedrock.

# %% [markdown]
# **The map:** Kafka → Lambda → EventBridge → Step Functions → DynamoDB, Bedrock → messages. Here all of it comes into being.
#
# One variable says where. With `"aws"` every cell below works on your account instead; read the last section first.

# %% tags=["setup"]
from flightpulse.workbench import check, connect

TARGET = "local"
wb = connect(TARGET)

# %% [markdown]
# ## What does one command make?
#
# The CDK CLI runs our Python, writes a CloudFormation template and a zip file with the functions, and hands both to CloudFormation. Who runs this cell sees a bar move and each resource come up. On the local cloud, a stack that is there already, with its data, goes first: a deployment that changes nothing would show nothing.
#
# **Predict:** four functions, six workflows, one table, one bus, one API. How many resources are that: 20, 50, or 150?

# %%
if TARGET == "local":
    wb.stack.destroy()
wb.stack.deploy(agree=True)

# %% [markdown]
# The order is the one in which they came up. Most are not the four functions you would draw on a whiteboard: roles, policies, log groups, alarms, dead-letter queues. That is what running a system asks for beyond writing it.
#
# In an AWS account `agree=True` is your consent, and a stack that is there stays as it is.

# %%
wb.stack.architecture()

# %% tags=["nbval-check-output"]
numbers = [int(number) for number in wb.stack.resources().column("number")]
check(
    "everything in the template is up",
    sum(numbers) == len(wb.stack.template()["Resources"]),
    True,
)
check("more than a hundred resources", sum(numbers) > 100, True)

# %% [markdown]
# **Takeaway:** the stack is code, and it reads like a table of contents: [flightpulse_stack.py](../flightpulse/stack/flightpulse_stack.py), one construct for each capability. In the field's words: *infrastructure as code* ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## Who had to wait for whom?
#
# Nobody wrote the order down. CloudFormation reads it from the template: what names another resource waits for it.
#
# **Predict:** what must exist before the function KafkaConsumer can?
#
# <details><summary>Think, then look</summary>The role that it runs under, with what the role may do, and the subnets that it runs in. Not the table: the function only knows its name.</details>

# %%
functions = [
    resource
    for resource in wb.stack.template()["Resources"].values()
    if resource["Type"] == "AWS::Lambda::Function"
]
next(
    made["DependsOn"]
    for made in functions
    if made["Properties"].get("FunctionName") == "FlightPulse-KafkaConsumer"
)

# %% tags=["nbval-check-output"]
order = wb.stack.resources().column("type")
before = ["IAM::Role", "DynamoDB::Table", "Events::EventBus"]
function = order.index("Lambda::Function")
check(
    "up before the first function",
    [kind for kind in before if order.index(kind) < function],
    before,
)

# %% [markdown]
# **Takeaway:** a template is a graph. Whatever does not wait comes up at the same time, and a failure takes everything back down. The functions are in [functions.py](../flightpulse/stack/functions.py).

# %% [markdown]
# ## What may a function do?
#
# Each function and each workflow has a role of its own. If somebody broke into one of them, this list is what they would hold in their hands.
#
# **Predict:** the API answers questions about flights and passengers. May it write to the table?

# %%
wb.stack.permissions("FlightPulse-APIHandlers")

# %% [markdown]
# It may read the table, and one index. The rows with `*` are calls for which AWS has no narrower answer: the function's network interface and its traces.

# %% tags=["nbval-check-output"]
api = " ".join(
    wb.stack.permissions("FlightPulse-APIHandlers").column("FlightPulse-APIHandlers may")
)
chunk = " ".join(
    wb.stack.permissions("FlightPulse-NotifyChunk").column("FlightPulse-NotifyChunk may")
)
check(
    "the API may write",
    any(word in api for word in ("PutItem", "UpdateItem", "DeleteItem")),
    False,
)
check("the workflow that tells passengers may write", "dynamodb:UpdateItem" in chunk, True)
check("anybody may scan the table", "dynamodb:Scan" in api + chunk, False)

# %% [markdown]
# **Takeaway:** nobody typed these lists. A workflow's permissions are worked out from what its definition calls, so that they cannot grow stale: [workflow_permissions.py](../flightpulse/stack/workflow_permissions.py). In the field's words: *least privilege*, what it needs and nothing else ([glossary](../docs/glossary.md#running-it)).

# %% [markdown]
# ## What does it cost when nothing happens?
#
# Functions, workflows, the bus and the table are paid by use, so an idle one costs nothing. That is not the whole bill.
#
# **Predict:** which part costs most while nobody flies?
#
# <details><summary>Think, then look</summary>The private doors to AWS's own services. The functions live in subnets without a way to the internet, so every service they call needs an interface endpoint, and each is paid by the hour in two zones.</details>

# %%
cost = wb.stack.idle_cost()
cost

# %% tags=["nbval-check-output"]
cost = wb.stack.idle_cost()
check("the greatest part", cost.costs[0].kind, "interface endpoints")
check("types of resources without a price", list(cost.unknown), [])
check(
    "less than 8 USD a month without the endpoints", cost.without("interface endpoints") < 8, True
)

# %% [markdown]
# **Takeaway:** "serverless costs nothing when idle" is true of the parts and false of the network around them. `wb.stack.deploy(context={"network": "none"}, loosen=True)` leaves the network out. The prices, with their date, are in [idle_cost.py](../flightpulse/workbench/costs/idle_cost.py).

# %% [markdown]
# ## What if it is deployed again?
#
# Before anything is changed, `plan` asks the CDK CLI what would be different. It changes nothing itself.
#
# **Predict:** the same code, deployed a second time: how many resources change?

# %%
plan = wb.stack.plan()
print(plan)

# %% tags=["nbval-check-output"]
check("the plan says", "There were no differences" in plan.differences, True)

# %% [markdown]
# **Takeaway:** infrastructure as code can be asked the question *what would change?* and the answer *nothing* is worth having. Read the plan before every deployment; the same command is `flightpulse diff`.

# %% [markdown]
# ## Does it work?
#
# A stack that is up is not yet a system that works. The quickest proof goes through API Gateway and a function to the table. Sample data come first: five flights, ten passengers, fifteen bookings.
#
# **Predict:** whoever asks about a passenger must sign the call. What does a call without a signature get?

# %%
wb.table.seed()
wb.api("/passengers/PAX-0001", signed=False)

# %% tags=["nbval-check-output"]
check("health", wb.api("/health").body["status"], "healthy")
check("a passenger, asked with a signature", wb.api("/passengers/PAX-0001").status, 200)
check("the same without one", wb.api("/passengers/PAX-0001", signed=False).status, 403)

# %% [markdown]
# **Takeaway:** the call went through the same URL, signature, function and table as on AWS. [Call the API](10-call-the-api.ipynb) goes on from here.

# %% [markdown]
# ## How does it get into an AWS account?
#
# With your account's usual variables or profile, set `TARGET = "aws"` at the top and read before you run:
#
# ```python
# print(wb.stack.plan())                                     # account, region, every resource that would be made
# wb.stack.deploy(agree=True, context={"network": "none"})   # without agree=True it refuses
# wb.stack.destroy(agree=True)                               # takes all of it away again, with the data
# ```
#
# **Predict:** how much of the template is written for the local cloud only?

# %%
from flightpulse.workbench.deploy.deploy import local_context

local_context("the-local-broker:9092")

# %% tags=["nbval-check-output"]
check(
    "what the local target adds",
    sorted(local_context("host:9092")),
    ["kafka_bootstrap", "runtime"],
)

# %% [markdown]
# **Takeaway:** two settings, both of which an account may give too: which broker to poll, and which Python runs the functions. Everything else is the same template, the same zip file and the same CLI. More in [Deploying to AWS](../README.md#deploying-to-aws).

# %% [markdown]
# ## What we simplified
#
# - The local cloud deploys in seconds. On AWS this takes some minutes, most of them for the network.
# - No policy is enforced locally: a role that is too narrow is found on AWS, or by the tests that read the template.
# - The bill has list prices of one region, and neither storage, which grows with use, nor taxes.

# %% [markdown]
# ## Exercises
#
# 1. *Change a number.* What does the bill say without the alarms? Use `wb.stack.idle_cost().without("alarms")`.
#    <details><summary>Solution</summary>The endpoints alone: number of endpoints × 2 zones × 0.01 USD × 730 hours. The alarms are cheap; what they would not have told you is not.</details>
# 2. *Change a rule.* Look at `wb.stack.plan({"network": "none"})`. What would go away, and what would take its place?
#    <details><summary>Solution</summary>All of EC2 goes: VPC, subnets, security groups, endpoints. Nothing takes its place; the functions then reach AWS's services over the internet, encrypted and signed as before.</details>
# 3. *Break it.* Run `wb.stack.deploy(context={"network": "everywhere"})`. Who refuses, and when?
#    <details><summary>Solution</summary>Our own settings, while the template is written: no call to the cloud has been made. See <code>settings.py</code> in <a href="../flightpulse/stack/settings.py">flightpulse/stack</a>.</details>

# %% [markdown]
# ## Clean up
#
# The stack stays: the other notebooks use it. The flights are put back to where they began. `wb.stack.destroy(agree=True)` would delete the stack with its data, `wb.down()` the whole local cloud. You may run this twice.

# %% tags=["cleanup"]
wb.table.seed()
wb.table.reset("SW1234")

# %% [markdown]
# ## Where the code lives
#
# - The app that the CDK CLI runs: [infra/app.py](../infra/app.py); the stack: [flightpulse/stack](../flightpulse/stack)
# - Deploying with progress: [deploy.py](../flightpulse/workbench/deploy/deploy.py)
# - What AWS features the local cloud stands for: [local-cloud.md](../docs/local-cloud.md)
# - Read more: [AWS: the CDK](https://docs.aws.amazon.com/cdk/v2/guide/home.html), [AWS: how CloudFormation works](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-overview.html), [AWS: least privilege](https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
#
# Next: [Follow a minor delay](02-follow-a-minor-delay.ipynb).
