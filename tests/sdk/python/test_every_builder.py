"""Every request builder of the official Python SDK that the table of operations reaches, found by
reflection: each of its methods is called with typed bodies and query parameters, and is served."""

import csv
import inspect
import re
import urllib.parse
import urllib.request

from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_builder import BaseRequestBuilder
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.models.device_category import DeviceCategory
from msgraph_beta.generated.models.device_health_script import DeviceHealthScript
from msgraph_beta.generated.models.device_management_report_file_format import (
    DeviceManagementReportFileFormat,
)
from msgraph_beta.generated.models.entity import Entity
from msgraph_beta.generated.models.group_assignment_target import GroupAssignmentTarget
from msgraph_beta.generated.models.reference_update import ReferenceUpdate

import reflection
from conftest import ROOT

FAMILIES = re.compile(r"/deviceManagement/device\w*Scripts(/|$)")


def table():
    """The operations: method and path."""
    with open(ROOT / "tests" / "data" / "operations.tsv", encoding="utf-8") as file:
        return {(row["METHOD"], row["PATH"]) for row in csv.DictReader(file, delimiter="\t")}


def path_of(builder):
    template = builder.url_template.split("{?")[0].removeprefix("{+baseurl}")
    return urllib.parse.unquote(template)


class Walk:
    """Calls everything, notes what was called and what was refused."""

    def __init__(self, model, known, before):
        self.model, self.known, self.before = model, known, before
        self.operations = table()
        self.called = set()
        self.options = set()
        self.refused = {}
        self.broken = set()

    def is_meant(self, path):
        """Whether a path is in the table, leads to one of it, or is below a family of scripts."""
        below = path.rstrip("/") + "/"
        return bool(FAMILIES.match(path)) or any(
            other == path or other.startswith(below) for _, other in self.operations
        )

    def may_be_meant(self, path, name):
        """As `is_meant`, of a property that leads on: hundreds of others need not be imported."""
        plain = name.replace("_", "")
        further = (other.removeprefix(path + "/") for _, other in self.operations if other.startswith(path + "/"))
        segments = (re.sub(r"\W", "", rest.split("/")[0]).lower() for rest in further)
        return bool(FAMILIES.match(path)) or plain in segments

    async def call(self, builder, method, *arguments):
        """Calls a method; what it answers, or None with the refusal noted."""
        operation = (method.upper(), path_of(builder))
        self.called.add(operation)
        for pattern, prepare in self.before.items():
            if re.search(pattern, operation[1]):
                await prepare(builder.path_parameters)
        try:
            try:
                return await getattr(builder, method)(*arguments)
            except (ImportError, TypeError):
                # Not the answer: what the SDK makes of it.
                self.broken.add(operation)
                request = getattr(builder, f"to_{method}_request_information")(*arguments)
                return await builder.request_adapter.send_primitive_async(request, "bytes", {})
        except APIError as error:
            told = getattr(error, "error", None)
            refusal = f"{error.response_status_code} {told and told.message}"
            self.refused.setdefault(operation, []).append(refusal)
            return None

    async def visit(self, builder):
        """A builder, what hangs on it, and at last its DELETE."""
        methods = vars(type(builder))
        meant = [m for m in ("post", "patch", "put", "get", "delete") if m in methods and self.is_called(builder, m)]
        member = None
        for method in meant:
            if method == "get":
                await self.read(builder)
            elif method != "delete":
                member = await self.send(builder, method)
        for child in self.children(builder, member):
            await self.visit(child)
        if "delete" in meant:
            await self.call(builder, "delete")

    def is_called(self, builder, method):
        """What a path of the table only leads through need not be served."""
        path = path_of(builder)
        return bool(FAMILIES.match(path)) or (method.upper(), path) in self.operations

    def children(self, builder, member):
        """The builders that a builder leads to: by a property, by the key of a member that was
        made, or by a function's parameters."""
        for name, attribute in vars(type(builder)).items():
            if isinstance(attribute, property):
                if self.may_be_meant(path_of(builder), name):
                    child = getattr(builder, name)
                    if isinstance(child, BaseRequestBuilder) and self.is_meant(path_of(child)):
                        yield child
            elif re.match(r"by_|with_(?!url)", name) or "_with_" in name:
                names = list(inspect.signature(attribute).parameters)[1:]
                if self.is_meant(path_of(attribute(builder, *names))) and member is not None:
                    key = [member.id] if name.startswith("by_") else [getattr(member, n) for n in names]
                    yield attribute(builder, *key)

    async def send(self, builder, method):
        of = reflection.body_class(builder, method)
        if of is None:
            return await self.call(builder, method)
        return await self.call(builder, method, self.model.made(of, self.values(builder)))

    def values(self, builder):
        """What the values of a body must be here."""
        path = path_of(builder)
        known = {}
        for pattern, values in self.known.items():
            if re.search(pattern, path):
                known.update(values)
        keys = builder.path_parameters
        return {name: value(keys) if callable(value) else value for name, value in known.items()}

    async def read(self, builder):
        """GET by itself, with each query parameter, and with all."""
        await self.call(builder, "get")
        query = reflection.query_class(builder)
        if query is None:
            return
        of = reflection.result_class(builder, "get")
        if of is not None and "value" in reflection.properties(of):
            of = reflection.properties(of)["value"][1]
        declared = query.__dataclass_fields__
        values = {name: value(self.model, of) for name, value in VALUES.items() if name in declared}
        assert values.keys() == declared.keys()
        for given in [*({name: value} for name, value in values.items()), values]:
            self.options.update((path_of(builder), name) for name in given)
            configuration = RequestConfiguration(query_parameters=query(**given))
            await self.call(builder, "get", configuration)


VALUES = {
    "select": lambda model, of: model.structural(of),
    "expand": lambda model, of: model.navigation(of)[:1] or ["*"],
    "filter": lambda model, of: "not (id eq 'nobody')",
    "orderby": lambda model, of: ["id desc"],
    "search": lambda model, of: "a",
    "top": lambda model, of: 5,
    "skip": lambda model, of: 0,
    "count": lambda model, of: True,
}


DEVICE = "managedDevice%2Did"
# What the SDK itself cannot read of any service: it imports a class by a name that is written
# otherwise, and takes the object that a reference is for a text.
BROKEN = {
    ("GET", "/deviceManagement/deviceHealthScripts/areGlobalScriptsAvailable()"),
    ("GET", "/deviceManagement/managedDevices/{managedDevice-id}/deviceCategory/$ref"),
}


async def world(client):
    """What the values of bodies refer to, by patterns of paths; and what a path needs before each
    call."""
    management = client.device_management
    script = await management.device_health_scripts.post(DeviceHealthScript(display_name="known"))
    category = await management.device_categories.post(DeviceCategory(display_name="known"))
    categories = f"{client.request_adapter.base_url}/deviceManagement/deviceCategories"
    group = GroupAssignmentTarget(group_id="5a3b1f0e-58b2-4d6f-9c3a-0d2c8f7e6b10")
    known = {
        # Those to all devices are there: `assign` comes before.
        r"/assignments": {"target": group},
        r"/updateGlobalScript$": {"version": "1"},
        r"/initiateOnDemandProactiveRemediation$": {"scriptPolicyId": script.id},
        r"/deviceHealthScriptStates(/|$)": {
            "id": lambda keys: f"{script.id}:{keys[DEVICE]}",
            "policyId": script.id,
            "deviceId": lambda keys: keys[DEVICE],
        },
        r"/deviceCategory/\$ref$": {"@odata.id": f"{categories}/{category.id}"},
        r"/exportJobs$": {
            "reportName": "DeviceRunStatesByProactiveRemediation",
            "filter": f"PolicyId eq '{script.id}'",
            "select": ["PolicyId", "DeviceName"],
            "search": None,
            "format": DeviceManagementReportFileFormat.Csv,
        },
    }

    async def categorize(keys):
        device = management.managed_devices.by_managed_device_id(keys[DEVICE])
        await device.device_category.ref.put(ReferenceUpdate(odata_id=f"{categories}/{category.id}"))

    return known, {"/deviceCategory": categorize}


async def test_every_request_builder(client, server):
    url, token = server
    request = urllib.request.Request(f"{url}/beta/$metadata", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as answer:
        model = reflection.Model(answer.read())
    walk = Walk(model, *await world(client))
    await walk.visit(client.device_management)
    print(len(walk.called), "operations,", len(walk.options), "query parameters")
    assert not walk.refused, "\n".join(f"{o} {set(r)}" for o, r in walk.refused.items())
    assert walk.operations - walk.called == set()
    assert walk.broken == BROKEN
