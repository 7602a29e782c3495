"""What the SDK's generated classes say of themselves: types, query parameters, values to send."""

import ast
import datetime
import functools
import importlib
import inspect
import re
import sys
import uuid
from xml.etree import ElementTree

from kiota_abstractions.serialization import ParseNode
from msgraph_beta.generated.models.entity import Entity

WHEN = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)


@functools.cache
def _imports(module_name):
    """The classes that a generated module imports for type checkers, by name: (module, name)."""
    module = sys.modules[module_name]
    package = module_name.rsplit(".", 1)[0]
    found = {}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.level:
            home = importlib.util.resolve_name("." * node.level + node.module, package)
            found.update((alias.name, home) for alias in node.names)
    return found


def named(owner, annotation):
    """The generated class that an annotation of `owner` names, or None."""
    name = re.sub(r"^Optional\[(.*)\]$", r"\1", str(annotation))
    home = _imports(owner.__module__).get(name)
    return home and getattr(importlib.import_module(home), name)


def body_class(builder, method):
    """The class of a method's body; None where it takes none."""
    parameter = inspect.signature(getattr(type(builder), method)).parameters.get("body")
    return parameter and named(type(builder), parameter.annotation)


def result_class(builder, method):
    """The class of what a method answers, for classes of the SDK."""
    return named(type(builder), inspect.signature(getattr(type(builder), method)).return_annotation)


def query_class(builder):
    """The query parameters that a builder's GET declares; None without any."""
    for name, member in vars(type(builder)).items():
        if inspect.isclass(member) and name.endswith("GetQueryParameters"):
            return member
    return None


class Kind(ParseNode):
    """A node that notes how it is read."""

    def __init__(self):
        self.how = self.of = None


def _noting(name):
    def read(self, *of):
        self.how, self.of = name, of[0] if of else None

    return read


for _name in [name for name in vars(ParseNode) if name.startswith(("get_", "try_get_"))]:
    setattr(Kind, _name, _noting(_name))
Kind.__abstractmethods__ = frozenset()


@functools.cache
def properties(cls):
    """A model's properties by their names on the wire: how each is read, and the class of objects."""
    blank, found = cls(), {}
    for name, read in blank.get_field_deserializers().items():
        node = Kind()
        read(node)
        found[name] = (node.how, node.of)
    return found


class Model:
    """The names that `$metadata` has for a class of the SDK: the service has a part of Graph."""

    def __init__(self, metadata):
        namespace = "{http://docs.oasis-open.org/odata/ns/edm}"
        self.types = {}
        for kind in ("EntityType", "ComplexType"):
            for of in ElementTree.fromstring(metadata).iter(namespace + kind):
                named = lambda tag: [p.get("Name") for p in of.findall(namespace + tag)]
                base = (of.get("BaseType") or "").rsplit(".", 1)[-1]
                found = (base, named("Property"), named("NavigationProperty"))
                self.types[of.get("Name").lower()] = found

    def _names(self, cls, at):
        name, names = cls.__name__.lower(), []
        while name in self.types:
            names += self.types[name][at]
            name = self.types[name][0].lower()
        return names

    def knows(self, cls):
        return cls.__name__.lower() in self.types

    def structural(self, cls):
        """The properties of a class that are no navigation properties, as far as the model has them."""
        return [name for name in properties(cls) if name in self._names(cls, 1)]

    def navigation(self, cls):
        return [name for name in properties(cls) if name in self._names(cls, 2)]

    def unknown(self, cls):
        """The properties of a class that the model does not have."""
        names = self._names(cls, 1) + self._names(cls, 2)
        return [name for name in properties(cls) if name not in names and name != "@odata.type"]

    def made(self, cls, known):
        """A value with all structural properties: what `known` says of them by name, or made up.
        What a key or a navigation property is given must be known."""
        value = cls()
        for name, read in value.get_field_deserializers().items():
            own = name in self.structural(cls) or not self.knows(cls)
            if name in known or own and name not in ("id", "@odata.type"):
                read(Given(name, known, self))
        return value


def _is_entity(of):
    return inspect.isclass(of) and issubclass(of, Entity)


def derived(cls):
    """The class itself, or the first one below it that its discriminator knows."""
    constants = cls.create_from_discriminator_value.__code__.co_consts
    names = [c for c in constants if isinstance(c, str) and c.startswith("#microsoft.graph.")]
    for name in names:
        home = re.sub(r"(?<!^)(?=[A-Z])", "_", name.rsplit(".", 1)[1]).lower()
        module = importlib.import_module(f"msgraph_beta.generated.models.{home}")
        found = next(
            (c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__),
            None,
        )
        if found and found is not cls:
            return found
    return cls


class Given(ParseNode):
    """A node of a document that is made up as it is read: every property has a typed value."""

    def __init__(self, name, known, model):
        self.name, self.known, self.model = name, known, model

    def _value(self, made):
        return self.known.get(self.name, made)

    def get_str_value(self):
        made = str(uuid.uuid4()) if self.name.lower().endswith("id") else f"a {self.name}"
        return self._value(made)

    def get_bool_value(self):
        return self._value(True)

    def get_int_value(self):
        return self._value(1)

    def get_float_value(self):
        return self._value(1.5)

    def get_bytes_value(self):
        return self._value(b"#!/bin/sh\nexit 0\n")

    def get_uuid_value(self):
        return self._value(uuid.uuid4())

    def get_datetime_value(self):
        return self._value(WHEN)

    def get_timedelta_value(self):
        # A timedelta is written as Python does, not as OData has it; a text stays as it is.
        return self._value("PT1H")

    def get_date_value(self):
        return self._value(WHEN.date())

    def get_time_value(self):
        return self._value(WHEN.time())

    def get_enum_value(self, of):
        return self._value(list(of)[-1])

    def get_collection_of_enum_values(self, of):
        return self._value(list(of)[:1])

    def get_collection_of_primitive_values(self, of):
        return self._value([f"a {self.name}" if of is str else of(1)])

    def get_object_value(self, of):
        return self.known.get(self.name) or self.model.made(derived(of), self.known)

    def get_collection_of_object_values(self, of):
        return self.known.get(self.name) or [self.model.made(derived(of), self.known)]


Given.__abstractmethods__ = frozenset()
