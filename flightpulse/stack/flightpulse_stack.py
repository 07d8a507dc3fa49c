"""The FlightPulse stack: what it is made of, from the table to the dashboard."""

import json

from aws_cdk import CfnOutput, Stack, Tags
from constructs import Construct

from flightpulse.stack import names
from flightpulse.stack.alarms import Alarms
from flightpulse.stack.api import RestApi
from flightpulse.stack.bus import FlightBus
from flightpulse.stack.dashboard import Dashboards, Observed
from flightpulse.stack.encryption import CustomerKey
from flightpulse.stack.failures import Failures
from flightpulse.stack.functions import Functions
from flightpulse.stack.insights import SavedQueries
from flightpulse.stack.kafka_mapping import KafkaMapping
from flightpulse.stack.log_metrics import LogMetrics
from flightpulse.stack.network import placement
from flightpulse.stack.parameters import Parameters
from flightpulse.stack.routing import Routing
from flightpulse.stack.settings import Settings
from flightpulse.stack.stream_mapping import StreamMapping
from flightpulse.stack.table import DeletionProtection, FlightTable
from flightpulse.stack.workflows import Target, Workflows


class FlightPulseStack(Stack):
    """Everything that runs in an account, or in the local cloud."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id, description="FlightPulse: tells passengers what happens to their flights")
        # The CDK names a role twice, as a dependency and by its ARN; cfn-lint would say so ten times. And zones that
        # somebody chose by name are meant.
        ignored = ["W3005", "W3010"] if settings.availability_zones else ["W3005"]
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ignored}}}
        key = CustomerKey(self, "Encryption", settings=settings).key if settings.own_key else None
        self.flight_table = FlightTable(self, "Data", settings=settings, key=key)
        self.flight_bus = FlightBus(self, "Events")
        self.failures = Failures(self, "Failures", settings=settings, key=key)
        self.network = placement(self, settings=settings, table=self.flight_table.table)
        self.functions = Functions(
            self,
            "Functions",
            settings=settings,
            network=self.network,
            table=self.flight_table.table,
            bus=self.flight_bus.bus,
            record_dead_letters=self.failures.records,
            key=key,
        )
        self.parameters = Parameters(self, "Parameters", settings=settings, writer=self.functions.settings_resource)
        self.workflows = Workflows(self, "Workflows", settings=settings, targets=self._workflow_targets(), key=key)
        self.routing = Routing(
            self,
            "Routing",
            settings=settings,
            key=key,
            bus=self.flight_bus.bus,
            workflows=self.workflows,
            dead_letters=self.failures.targets,
        )
        StreamMapping(
            self,
            "StreamMapping",
            table=self.flight_table,
            handler=self.functions.stream_handler,
            dead_letters=self.failures.stream,
        )
        if settings.kafka and self.failures.mapping:
            KafkaMapping(
                self,
                "KafkaMapping",
                kafka=settings.kafka,
                network=self.network,
                consumer=self.functions.consumer,
                dead_letters=self.failures.mapping,
            )
        self.api = RestApi(self, "RestApi", settings=settings, handlers=self.functions.api)
        DeletionProtection(
            self,
            "DeletionProtection",
            settings=settings,
            table=self.flight_table.table,
            writer=self.functions.settings_resource,
        )
        self._add_monitoring(settings)
        self._add_outputs(settings)
        Tags.of(self).add("project", "flightpulse")
        Tags.of(self).add("environment", settings.environment)

    def _workflow_targets(self) -> dict[str, Target]:
        table, bus = self.flight_table.table, self.flight_bus.bus
        queue, topic = self.failures.notifications, self.failures.error_topic
        messenger = self.functions.messenger.function_arn
        return {
            "TableName": Target(table.table_name, table.table_arn),
            "EventBusName": Target(bus.event_bus_name, bus.event_bus_arn),
            "NotificationDeadLettersUrl": Target(queue.queue_url, queue.queue_arn),
            "ErrorTopicArn": Target(topic.topic_arn, topic.topic_arn),
            "LlmMessengerArn": Target(messenger, messenger),
        }

    def _add_monitoring(self, settings: Settings) -> None:
        polled = self.functions.consumer if settings.kafka else None
        LogMetrics(
            self,
            "LogMetrics",
            notifications={"email": self.routing.email_log, "sms": self.routing.sms_log},
            workflows=self.workflows.main_logs,
        )
        alarms = Alarms(
            self,
            "Alarms",
            topic=self.failures.alarm_topic,
            functions=self.functions.pipeline,
            queues=self.failures.queues,
            stream_handler=self.functions.stream_handler,
            polled=polled,
            api=self.api.api,
        )
        Dashboards(
            self,
            "Monitoring",
            observed=Observed(
                functions=self.functions.pipeline,
                workflows=self.workflows.all,
                queues=self.failures.queues,
                table=self.flight_table.table,
                api=self.api.api,
                stream_handler=self.functions.stream_handler,
                rules=self.routing.rule_names,
                polled=polled,
                alarms=alarms.all,
            ),
        )
        SavedQueries(self, "SavedQueries")

    def _add_outputs(self, settings: Settings) -> None:
        values = {
            "TableName": self.flight_table.table.table_name,
            "EventBusName": self.flight_bus.bus.event_bus_name,
            "ApiUrl": self.api.url,
            "ApiId": self.api.api.rest_api_id,
            "KafkaConsumerArn": self.functions.consumer.function_arn,
            "LlmMessengerArn": self.functions.messenger.function_arn,
            "ApiHandlersArn": self.functions.api.function_arn,
            "StreamHandlerArn": self.functions.stream_handler.function_arn,
            **{f"{name}Arn": machine.state_machine_arn for name, machine in self.workflows.all.items()},
            "ErrorTopicArn": self.failures.error_topic.topic_arn,
            "AlarmTopicArn": self.failures.alarm_topic.topic_arn,
            **{
                f"{kind[:-1].capitalize() if kind.endswith('s') else kind.capitalize()}DeadLettersUrl": queue.queue_url
                for kind, queue in self.failures.queues.items()
            },
            "DashboardName": names.DASHBOARD,
            "TechnicalDashboardName": names.TECHNICAL_DASHBOARD,
            "ModelIdParameter": names.MODEL_ID_PARAMETER,
            "ReviewModelIdParameter": names.REVIEW_MODEL_ID_PARAMETER,
            names.CONTEXT_OUTPUT: json.dumps(settings.given, sort_keys=True),
        }
        for name, value in values.items():
            CfnOutput(self, name, value=value)
