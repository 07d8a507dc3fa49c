"""DynamoDB's expressions: what they may say, and AWS's words for what they may not.

Conditions (also of filters and key conditions), updates and projections are parsed and checked as far as that can be
done without an item: syntax, reserved words, functions and the types of their operands, placeholders that are not
defined or not used, paths that overlap, in the order in which DynamoDB complains.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from awskit.languages.dynamodb_grammar import (
    CONDITION_WORDS,
    ORDERS,
    SECTIONS,
    Action,
    InvalidExpression,
    Node,
    Operation,
    Parser,
    Path,
    UpdateParser,
    Value,
)

MOST_IN_OPERANDS: Final = 100
MOST_OPERATORS: Final = 300

Names = Mapping[str, str] | None
"""ExpressionAttributeNames; None when they are not known."""
Values = Mapping[str, Any] | None
"""ExpressionAttributeValues, such as ``{":a": {"S": "x"}}``; None when they are not known."""

Attribute = tuple[str | int, ...]
"""A document path: names, and numbers for the elements of lists."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that DynamoDB accepts: the attributes it names, and the placeholders it uses."""

    attributes: tuple[Attribute, ...]
    placeholders: frozenset[str]


def condition(text: str, names: Names, values: Values, *, slot: str = "ConditionExpression") -> Expression:
    """Check a condition; ``slot`` is the parameter it stands in. Raises InvalidExpression."""
    return _Checker(slot, names, values).condition(text)


def key_condition(text: str, names: Names, values: Values) -> Expression:
    """Check the key condition of a Query. Raises InvalidExpression."""
    return _Checker("KeyConditionExpression", names, values).key_condition(text)


def update(text: str, names: Names, values: Values) -> Expression:
    """Check an update expression. ``attributes`` are those that it writes. Raises InvalidExpression."""
    return _Checker("UpdateExpression", names, values).update(text)


def projection(text: str, names: Names) -> Expression:
    """Check a projection expression. Raises InvalidExpression."""
    return _Checker("ProjectionExpression", names, None).projection(text)


def check_all_used(expressions: Iterable[Expression], names: Names, values: Values) -> None:
    """Refuse placeholders that no expression uses. Raises InvalidExpression."""
    used = frozenset[str]().union(*(expression.placeholders for expression in expressions))
    for parameter, given in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
        unused = [placeholder for placeholder in given or () if placeholder not in used]
        if unused:
            raise InvalidExpression(
                f"Value provided in {parameter} unused in expressions: keys: {{{', '.join(unused)}}}"
            )


def shown(attribute: Attribute) -> str:
    """A document path as AWS writes it in messages: ``[a, [0], b]``."""
    return f"[{', '.join(f'[{part}]' if isinstance(part, int) else part for part in attribute)}]"


_ARITY: Final = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
    "if_not_exists": 2,
    "list_append": 2,
}
_UPDATE_FUNCTIONS: Final = ("if_not_exists", "list_append")
_NEEDS_PATH: Final = ("attribute_exists", "attribute_not_exists", "if_not_exists")
_TYPES: Final = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_ORDERED: Final = (*ORDERS, "BETWEEN")
_OPERAND_TYPES: Final[Mapping[str, Sequence[str]]] = {
    "size": ("S", "B", "SS", "NS", "BS", "L", "M"),
    "begins_with": ("S", "B"),
    "list_append": ("L",),
    **dict.fromkeys(("+", "-"), ("N",)),
    **dict.fromkeys(_ORDERED, ("S", "N", "B")),
}
_SETS: Final = ("SS", "NS", "BS")
_TYPE_NAMES: Final = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "M": "MAP",
    "L": "LIST",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}
_KEY_OPERATORS: Final = ("=", *_ORDERED, "begins_with")


@dataclass(slots=True)
class _Checker:
    slot: str
    names: Names
    values: Values
    _root: Operation | None = None
    _attributes: list[Attribute] = field(default_factory=list)
    _placeholders: set[str] = field(default_factory=set)

    def condition(self, text: str) -> Expression:
        parser = Parser(self.slot, self._not_empty(text), CONDITION_WORDS)
        try:
            root = self._root = parser.condition()
            every = list(_walk(root))
        except RecursionError:
            self._refuse("The expression contains too many operators")
        if parser.redundant:
            self._refuse("The expression has redundant parentheses;")
        operations = [node for node in every if isinstance(node, Operation)]
        self._check_functions(operations, [name for name in _ARITY if name not in _UPDATE_FUNCTIONS])
        self._check_uses(root)
        self._check_words(node for node in every if isinstance(node, Path))
        if len(operations) > MOST_OPERATORS:
            self._refuse(f"The expression contains too many operators; operator count: {len(operations)}")
        for leaf in _leaves(root):
            self._check_placeholders(_walk(leaf))
            self._check_arity(leaf)
            self._check_distinct(leaf)
            self._check_types(leaf)
        self._attributes = [self._resolved(node) for node in every if isinstance(node, Path)]
        return self._expression()

    def update(self, text: str) -> Expression:
        parser = UpdateParser(self.slot, self._not_empty(text), SECTIONS)
        try:
            actions = list(parser.actions())
            every = [node for action in actions for part in (action.path, action.value) if part for node in _walk(part)]
        except RecursionError:
            self._refuse("The expression contains too many operators")
        self._check_words(node for node in every if isinstance(node, Path))
        operations = [node for node in every if isinstance(node, Operation)]
        self._check_functions(operations, _UPDATE_FUNCTIONS)
        self._check_sections(text)
        self._check_placeholders(every)
        written = [self._resolved(action.path) for action in actions]
        self._check_apart(written)
        for action in actions:
            self._check_set_type(action)
        for action in actions:
            if action.value is not None:
                self._check_arity(action.value)
        for action in actions:
            if action.value is not None:
                self._check_types(action.value)
        self._attributes = written
        return self._expression()

    def projection(self, text: str) -> Expression:
        paths = Parser(self.slot, self._not_empty(text), ()).paths()
        self._check_words(paths)
        self._check_placeholders(paths)
        self._attributes = [self._resolved(path) for path in paths]
        self._check_apart(self._attributes)
        return self._expression()

    def key_condition(self, text: str) -> Expression:
        """A condition, and what it must be beyond that to choose by key."""
        found = self.condition(text)
        seen: set[str] = set()
        for operation in _conjunction(self._root):
            if operation.name not in _KEY_OPERATORS:
                raise InvalidExpression(f"Invalid operator used in {self.slot}: {operation.name}")
            name = self._key_of(operation)
            if name in seen:
                raise InvalidExpression("KeyConditionExpressions must only contain one condition per key")
            seen.add(name)
        if len(seen) > 2:
            raise InvalidExpression("Conditions can be of length 1 or 2 only")
        return found

    def _key_of(self, operation: Operation) -> str:
        where = f"Invalid condition in {self.slot}"
        if operation.name in ("BETWEEN", "begins_with") and isinstance(operation.operands[0], Value):
            raise InvalidExpression(
                f"{where}: {operation.name} operator must have the key attribute as its first operand"
            )
        keys: list[str] = []
        for operand in operation.operands:
            if isinstance(operand, Operation):
                raise InvalidExpression("KeyConditionExpressions cannot contain nested operations")
            if not isinstance(operand, Path):
                continue
            if keys:
                raise InvalidExpression(f"{where}: Multiple attribute names used in one condition")
            if len(operand.parts) > 1:
                raise InvalidExpression("KeyConditionExpressions cannot have conditions on nested attributes")
            keys.append(str(self._resolved(operand)[0]))
        if not keys:
            raise InvalidExpression(f"{where}: No key attribute specified")
        return keys[0]

    def _not_empty(self, text: str) -> str:
        if not text.strip():
            self._refuse("The expression can not be empty;")
        return text

    def _refuse(self, why: str) -> NoReturn:
        raise InvalidExpression(f"Invalid {self.slot}: {why}")

    def _expression(self) -> Expression:
        return Expression(tuple(self._attributes), frozenset(self._placeholders))

    def _check_functions(self, operations: Iterable[Operation], known: Iterable[str]) -> None:
        for operation in operations:
            if operation.call and operation.name not in known:
                self._refuse(f"Invalid function name; function: {operation.name}")

    def _check_uses(self, root: Operation) -> None:
        """``size`` is a value and no condition; the other functions are conditions and no values."""
        for leaf in _leaves(root):
            wrong = [leaf] if leaf.call and leaf.name == "size" else []
            wrong += [
                node
                for node in _walk(leaf)
                if node is not leaf and isinstance(node, Operation) and node.call and node.name != "size"
            ]
            if wrong:
                self._refuse(
                    f"The function is not allowed to be used this way in an expression; function: {wrong[0].name}"
                )

    def _check_words(self, paths: Iterable[Path]) -> None:
        for path in paths:
            for part in path.parts:
                if isinstance(part, str) and part.lower() in RESERVED_WORDS:
                    self._refuse(f"Attribute name is a reserved keyword; reserved keyword: {part}")

    def _check_sections(self, text: str) -> None:
        seen: set[str] = set()
        for action in UpdateParser(self.slot, text, SECTIONS).sections():
            if action in seen:
                self._refuse(f'The "{action}" section can only be used once in an update expression;')
            seen.add(action)

    def _check_placeholders(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            if isinstance(node, Value):
                self._placeholders.add(node.name)
                if self.values is not None and node.name not in self.values:
                    self._refuse(
                        f"An expression attribute value used in expression is not defined; attribute value: {node.name}"
                    )
            elif isinstance(node, Path):
                for part in node.parts:
                    self._check_name(part)

    def _check_name(self, part: str | int) -> None:
        if not isinstance(part, str) or part[0] != "#":
            return
        self._placeholders.add(part)
        if self.names is not None and part not in self.names:
            self._refuse(
                f"An expression attribute name used in the document path is not defined; attribute name: {part}"
            )

    def _check_arity(self, node: Node) -> None:
        for operation in _walk(node):
            if not isinstance(operation, Operation):
                continue
            count = len(operation.operands)
            if operation.call and count != _ARITY[operation.name]:
                self._refuse(
                    "Incorrect number of operands for operator or function; "
                    f"operator or function: {operation.name}, number of operands: {count}"
                )
            if operation.name == "IN" and count - 1 > MOST_IN_OPERANDS:
                self._refuse(f"The IN operator is provided with too many operands; number of operands: {count - 1}")

    def _check_distinct(self, leaf: Operation) -> None:
        first, *others = leaf.operands
        if not isinstance(first, Path) or leaf.name == "BETWEEN":
            return
        attribute = self._resolved(first)
        if any(isinstance(other, Path) and self._resolved(other) == attribute for other in others):
            self._refuse(
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {leaf.name}, first operand: {shown(attribute)}"
            )

    def _check_types(self, node: Node) -> None:
        if not isinstance(node, Operation):
            return
        for operand in node.operands:
            self._check_types(operand)
        name, operands = node.name, node.operands
        if name in _NEEDS_PATH and not isinstance(operands[0], Path):
            self._refuse(f"Operator or function requires a document path; operator or function: {name}")
        types = [self._type(operand) for operand in operands]
        for found in types:
            self._check_type(name, found, _OPERAND_TYPES.get(name, _TYPES))
        if name == "attribute_type":
            self._check_type_name(operands[1], types[1])
        elif name == "BETWEEN":
            self._check_bounds(operands[1], operands[2])

    def _check_type(self, name: str, found: str | None, allowed: Sequence[str]) -> None:
        if found is not None and found not in allowed:
            said = "operator" if name in _ORDERED else "operator or function"
            self._refuse(f"Incorrect operand type for operator or function; {said}: {name}, operand type: {found}")

    def _check_type_name(self, operand: Node, found: str | None) -> None:
        valid = ",".join(_TYPES)
        if isinstance(operand, Path):
            found = f"{{{valid}}}"
        self._check_type("attribute_type", found, ("S",))
        value = self._literal(operand)
        if value is not None and value not in _TYPES:
            self._refuse(f"Invalid attribute type name found; type: {value}, valid types: {{{valid}}}")

    def _check_bounds(self, lower: Node, upper: Node) -> None:
        types = self._type(lower), self._type(upper)
        low, high = self._literal(lower), self._literal(upper)
        if low is None or high is None:
            return
        operands = (
            f"lower bound operand: AttributeValue: {{{types[0]}:{low}}}, "
            f"upper bound operand: AttributeValue: {{{types[1]}:{high}}}"
        )
        if types[0] != types[1]:
            self._refuse(f"The BETWEEN operator requires same data type for lower and upper bounds; {operands}")
        if _is_greater(low, high, numbers=types[0] == "N"):
            self._refuse(
                f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {operands}"
            )

    def _check_set_type(self, action: Action) -> None:
        allowed = {"ADD": ("N", *_SETS), "DELETE": _SETS}.get(action.section)
        found = self._type(action.value) if allowed and action.value is not None else None
        if allowed and found is not None and found not in allowed:
            self._refuse(
                f"Incorrect operand type for operator or function; operator: {action.section}, "
                f"operand type: {_TYPE_NAMES[found]}, typeset: ALLOWED_FOR_{action.section}_OPERAND"
            )

    def _check_apart(self, attributes: Sequence[Attribute]) -> None:
        """Paths overlap when the one holds the other, and conflict when they take the same thing for list and map."""
        for what, collide in (("overlap", _overlap), ("conflict", _conflict)):
            for place, later in enumerate(attributes):
                for earlier in attributes[:place]:
                    if collide(earlier, later):
                        self._refuse(
                            f"Two document paths {what} with each other; must remove or rewrite one of these paths; "
                            f"path one: {shown(earlier)}, path two: {shown(later)}"
                        )

    def _resolved(self, path: Path) -> Attribute:
        names = self.names or {}
        return tuple(names.get(part, part) if isinstance(part, str) else part for part in path.parts)

    def _type(self, node: Node) -> str | None:
        """The type of a value, and the number that ``size`` is; None for what only the item tells."""
        if isinstance(node, Operation):
            return "N" if node.name == "size" else None
        return type_of((self.values or {}).get(node.name)) if isinstance(node, Value) else None

    def _literal(self, node: Node) -> str | None:
        found = self._type(node) if isinstance(node, Value) else None
        value = (self.values or {})[node.name][found] if isinstance(node, Value) and found is not None else None
        return value if isinstance(value, str) else None


def type_of(value: Any) -> str | None:
    """The type of an attribute value; None for what is no such value."""
    found = next(iter(value), None) if isinstance(value, dict) else None
    return found if found in _TYPES else None


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Operation):
        for operand in node.operands:
            yield from _walk(operand)


def _leaves(node: Node) -> Iterator[Operation]:
    """The conditions that AND, OR and NOT join."""
    if not isinstance(node, Operation):
        return
    if node.name in ("AND", "OR", "NOT") and not node.call:
        for operand in node.operands:
            yield from _leaves(operand)
    else:
        yield node


def _conjunction(node: Node | None) -> Iterator[Operation]:
    """The conditions that AND joins; another word comes out as it is."""
    if isinstance(node, Operation) and node.name == "AND":
        for operand in node.operands:
            yield from _conjunction(operand)
    elif isinstance(node, Operation):
        yield node


def _overlap(one: Attribute, other: Attribute) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _conflict(one: Attribute, other: Attribute) -> bool:
    for left, right in zip(one, other, strict=False):
        if isinstance(left, int) != isinstance(right, int):
            return True
        if left != right:
            return False
    return False


def _is_greater(one: str, other: str, *, numbers: bool) -> bool:
    if not numbers:
        return one.encode() > other.encode()
    try:
        return Decimal(one) > Decimal(other)
    except InvalidOperation:
        return False


_RESERVED: Final = """
abort absolute action add after agent aggregate all allocate alter analyze and any archive are array as asc
ascii asensitive assertion asymmetric at atomic attach attribute auth authorization authorize auto avg back
backup base batch before begin between bigint binary bit blob block boolean both breadth bucket bulk by byte
call called calling capacity cascade cascaded case cast catalog char character check class clob close cluster
clustered clustering clusters coalesce collate collation collection column columns combine comment commit
compact compile compress condition conflict connect connection consistency consistent constraint constraints
constructor consumed continue convert copy corresponding count counter create cross cube current cursor cycle
data database date datetime day deallocate dec decimal declare default deferrable deferred define defined
definition delete delimited depth deref desc describe descriptor detach deterministic diagnostics directories
disable disconnect distinct distribute do domain double drop dump duration dynamic each element else elseif
empty enable end equal equals error escape escaped eval evaluate exceeded except exception exceptions exclusive
exec execute exists exit explain explode export expression extended external extract fail false family fetch
fields file filter filtering final finish first fixed flattern float for force foreign format forward found free
from full function functions general generate get glob global go goto grant greater group grouping handler hash
have having heap hidden hold hour identified identity if ignore immediate import in including inclusive
increment incremental index indexed indexes indicator infinite initially inline inner innter inout input
insensitive insert instead int integer intersect interval into invalidate is isolation item items iterate join
key keys lag language large last lateral lead leading leave left length less level like limit limited lines list
load local localtime localtimestamp location locator lock locks log loged long loop lower map match materialized
max maxlen member merge method metrics min minus minute missing mod mode modifies modify module month multi
multiset name names national natural nchar nclob new next no none not null nullif number numeric object of
offline offset old on online only opaque open operator option or order ordinality other others out outer output
over overlaps override owner pad parallel parameter parameters partial partition partitioned partitions path
percent percentile permission permissions pipe pipelined plan pool position precision prepare preserve primary
prior private privileges procedure processed project projection property provisioning public put query quit
quorum raise random range rank raw read reads real rebuild record recursive reduce ref reference references
referencing regexp region reindex relative release remainder rename repeat replace request reset resignal
resource response restore restrict result return returning returns reverse revoke right role roles rollback
rollup routine row rows rule rules sample satisfies save savepoint scan schema scope scroll search second
section segment segments select self semi sensitive separate sequence serializable session set sets shard share
shared short show signal similar size skewed smallint snapshot some source space spaces sparse specific
specifictype split sql sqlcode sqlerror sqlexception sqlstate sqlwarning start state static status storage store
stored stream string struct style sub submultiset subpartition substring subtype sum super symmetric synonym
system table tablesample temp temporary terminated text than then throughput time timestamp timezone tinyint to
token total touch trailing transaction transform translate translation treat trigger trim true truncate ttl
tuple type under undo union unique unit unknown unlogged unnest unprocessed unsigned until update upper url
usage use user users using uuid vacuum value valued values varchar variable variance varint varying view views
virtual void wait when whenever where while window with within without work wrapped write year zone
"""
RESERVED_WORDS: Final = frozenset(_RESERVED.split())
"""Names that must be written as placeholders (developer guide, "Reserved words in DynamoDB")."""
