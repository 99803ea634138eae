"""Integration tests and hooks: what is called, when, and what its failure does."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from analysis.scalars import Headers, PositiveDuration, Section, Word, exactly_one, one_of, refuse_one, section
from strategies.model import Call, Edge, OnFailure

_PRESERVE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class Method(StrEnum):
    """HTTP methods."""

    GET = "GET"
    HEAD = "HEAD"
    POST = "POST"
    PUT = "PUT"


class ExpectSpec(Section):
    """What a good answer is."""

    status: Annotated[
        tuple[Annotated[int, Field(ge=100, le=599)], ...],
        Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = ()
    """Status codes that are good. Default: 200 to 299."""
    contains: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """Text that the answer must contain."""
    json_body: Annotated[dict[str, Any] | None, Field(alias="json"), WithJsonSchema(_PRESERVE)] = None
    """A JSON object that the answer must equal."""


class HttpSpec(Section):
    """An HTTP request."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2048)]
    """Where to, as http://reviews-canary.bookinfo:9080/health."""
    method: Method = Method.GET
    """HTTP method."""
    headers: Headers = ()
    """Headers that the request carries."""
    body: Annotated[str, Field(max_length=16384)] | None = None
    """Body of the request. Default: for hooks a JSON object that describes the moment, for tests none."""
    expect: ExpectSpec = ExpectSpec()
    """What a good answer is. Default: any status from 200 to 299."""
    timeout: PositiveDuration = timedelta(seconds=10)
    """How long one try may take."""
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    """How often it is tried again after a failure."""


class HookHttpSpec(HttpSpec):
    """An HTTP request that tells of a moment."""

    method: Method = Method.POST
    """HTTP method."""


def _job_schema() -> dict[str, Any]:
    """As much of batch/v1 JobTemplateSpec as it takes to refuse one without containers."""
    containers = {"type": "array", "minItems": 1, "maxItems": 20, "items": _PRESERVE}
    schema: dict[str, Any] = {**_PRESERVE, "required": ["containers"], "properties": {"containers": containers}}
    for level in ("spec", "template", "spec"):
        schema = {**_PRESERVE, "required": [level], "properties": {level: schema}}
    return schema


class JobSpec(Section):
    """A Kubernetes Job, made once per run."""

    template: Annotated[dict[str, Any], WithJsonSchema(_job_schema())]
    """A batch/v1 JobTemplateSpec."""

    @field_validator("template")
    @classmethod
    def _has_containers(cls, template: dict[str, Any]) -> dict[str, Any]:
        found: Any = template
        path: tuple[str, ...] = ()
        for level in ("spec", "template", "spec", "containers"):
            path = (*path, level)
            found = found.get(level) if isinstance(found, dict) else None
            if not found:
                raise refuse_one("is missing: write the Job's template down to spec.template.spec.containers", *path)
        if not isinstance(found, list):
            raise refuse_one("is no list: write one item per container", *path)
        return template


class TestSpec(Section):
    """An integration test, run by the steps that name it: once per attempt at a step."""

    __test__ = False  # pytest would take the name for a class of its own
    model_config = section(one_of("http", "job"))

    name: Word
    """What steps call this test."""
    http: HttpSpec | None = None
    """A request that must be answered well."""
    job: JobSpec | None = None
    """A Job that must succeed."""
    timeout: PositiveDuration = timedelta(minutes=10)
    """How long the whole run may take, every try included."""
    on_failure: OnFailure = OnFailure.ROLLBACK
    """What its failure does: rollback, pause, or ignore."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        exactly_one(("http", "job"), (self.http, self.job))
        return self

    def call(self) -> Call:
        """The planner's form of it."""
        return Call(name=self.name, on_failure=self.on_failure)


class HookSpec(Section):
    """A call at the edges of a rollout. Gates (before…, afterStep) are waited for; notices (afterPromotion, on…) are not."""

    name: Word
    """What status and journal call this hook."""
    when: Annotated[tuple[Edge, ...], Field(min_length=1, max_length=7, json_schema_extra={"x-kubernetes-list-type": "set"})]
    """At which moments it is called."""
    http: HookHttpSpec
    """A request that must be answered well."""
    timeout: PositiveDuration = timedelta(minutes=10)
    """How long the whole call may take, every try included."""
    on_failure: OnFailure = OnFailure.ROLLBACK
    """What the failure of a gate does: rollback, pause, or ignore."""

    @field_validator("when")
    @classmethod
    def _once_each(cls, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
        if len(set(edges)) < len(edges):
            raise refuse_one("names a moment twice: write each once")
        return edges

    def call(self) -> Call:
        """The planner's form of it."""
        return Call(name=self.name, on_failure=self.on_failure, edges=self.when)
