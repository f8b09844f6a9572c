"""Everything that ops write about what is allowed: YAML files go in, rulings come out.

A folder of policy files becomes a `PolicyBook`; `rule_on` says of an action, given facts, answers
and the time, whether it is allowed, denied or for a person, by which rules and clauses.
"""

from deskquorum.policy.bindings import Bindings, bind, currency_of
from deskquorum.policy.book import (
    REPLY,
    TICKET,
    UNDECLARED,
    ActionSpec,
    ArgSpec,
    Autonomy,
    Case,
    Clause,
    PolicyBook,
    Rule,
)
from deskquorum.policy.canonical import action_key, canonical_args
from deskquorum.policy.cases import CaseResult, run_cases, untested_rules
from deskquorum.policy.desk_file import (
    DeskFile,
    LabelerSpec,
    NearestSpec,
    PromptSpec,
    RuleSpec,
    ServiceSpec,
    SignInSpec,
    StudentSpec,
    load_desk_file,
)
from deskquorum.policy.desk_shapes import SETTLE_S
from deskquorum.policy.document import Document, read_yaml
from deskquorum.policy.environment import CelProblem, Environment
from deskquorum.policy.evaluation import Condition, Missing, NoValue
from deskquorum.policy.executions import ExecutionSpec
from deskquorum.policy.fact_fields import FactField
from deskquorum.policy.fact_source_specs import (
    EnvName,
    HeaderSpec,
    HttpSourceSpec,
    SourceSpec,
    SqlSourceSpec,
)
from deskquorum.policy.fact_sources import query_places
from deskquorum.policy.fact_types import Scalar, TypeSpec
from deskquorum.policy.fitting import UnfitError, amount_of, moment_of, told
from deskquorum.policy.flattening import flattened
from deskquorum.policy.gate import rule_on, rule_on_ticket
from deskquorum.policy.helpdesks import HelpdeskSpec
from deskquorum.policy.limits import charges_of, limits_by, used_in
from deskquorum.policy.lint import lint
from deskquorum.policy.loader import load_policies
from deskquorum.policy.model_specs import BudgetSpec, ModelSpec, TokenPrice
from deskquorum.policy.money import decimal_text, exponent_of, minor_of
from deskquorum.policy.names import did_you_mean
from deskquorum.policy.reviews import RISKS, NotifySpec, ReviewsSpec
from deskquorum.policy.shapes import UsedShape
from deskquorum.policy.trusted_fields import check_trusted
from deskquorum.policy.url_template import UrlTemplate

__all__ = [
    "REPLY",
    "RISKS",
    "SETTLE_S",
    "TICKET",
    "UNDECLARED",
    "ActionSpec",
    "ArgSpec",
    "Autonomy",
    "Bindings",
    "BudgetSpec",
    "Case",
    "CaseResult",
    "CelProblem",
    "Clause",
    "Condition",
    "DeskFile",
    "Document",
    "EnvName",
    "Environment",
    "ExecutionSpec",
    "FactField",
    "HeaderSpec",
    "HelpdeskSpec",
    "HttpSourceSpec",
    "LabelerSpec",
    "Missing",
    "ModelSpec",
    "NearestSpec",
    "NoValue",
    "NotifySpec",
    "PolicyBook",
    "PromptSpec",
    "ReviewsSpec",
    "Rule",
    "RuleSpec",
    "Scalar",
    "ServiceSpec",
    "SignInSpec",
    "SourceSpec",
    "SqlSourceSpec",
    "StudentSpec",
    "TokenPrice",
    "TypeSpec",
    "UnfitError",
    "UrlTemplate",
    "UsedShape",
    "action_key",
    "amount_of",
    "bind",
    "canonical_args",
    "charges_of",
    "check_trusted",
    "currency_of",
    "decimal_text",
    "did_you_mean",
    "exponent_of",
    "flattened",
    "limits_by",
    "lint",
    "load_desk_file",
    "load_policies",
    "minor_of",
    "moment_of",
    "query_places",
    "read_yaml",
    "rule_on",
    "rule_on_ticket",
    "run_cases",
    "told",
    "untested_rules",
    "used_in",
]
