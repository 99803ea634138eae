"""Which verb a call is, and what is refused because nobody built it."""

from collections.abc import Callable

from canary.sandbox.apiserver.calls import Answer, Call, missing
from canary.sandbox.apiserver.deletes import Deletes
from canary.sandbox.apiserver.reads import Reads, shaped
from canary.sandbox.apiserver.scale import scale_of, scaled
from canary.sandbox.apiserver.writes import Writes
from canary.sandbox.errors import BadRequest, MethodNotAllowed, NotFound, Unimplemented
from canary.sandbox.objects import Object
from canary.sandbox.resources import SELF_SUBJECT_ACCESS_REVIEWS
from canary.sandbox.store import Store

_SUBRESOURCES = ("status", "scale")
_UNBUILT = frozenset({
    "log", "exec", "attach", "portforward", "proxy", "eviction", "binding", "ephemeralcontainers", "resize", "token", "finalize",
})  # fmt: skip


class Verbs:
    def __init__(self, store: Store, reads: Reads) -> None:
        self._store = store
        self._reads = reads
        self._writes = Writes(store)
        self._deletes = Deletes(store)
        self._table: dict[tuple[str, bool], Callable[[Call], Answer]] = {
            ("GET", True): reads.get,
            ("GET", False): reads.list,
            ("POST", False): self._create,
            ("PUT", True): self._replace,
            ("PATCH", True): self._patch,
            ("DELETE", True): self._deletes.one,
            ("DELETE", False): self._delete_collection,
        }

    def act(self, call: Call) -> Answer:
        """Do what the call says. Raises ApiError."""
        at = call.target
        if at.subresource:
            self._require_subresource(call)
        verb = self._table.get((call.method, bool(at.name)))
        across = at.resource.namespaced and not at.namespace and call.method != "GET"
        if verb is None or across or (at.subresource and call.method in {"POST", "DELETE"}):
            raise MethodNotAllowed("the server does not allow this method on the requested resource")
        if not at.resource.stored:
            return _reviewed(call)
        return self._scale(call) if at.subresource == "scale" else verb(call)

    def _require_subresource(self, call: Call) -> None:
        at = call.target
        if at.subresource in _UNBUILT:
            raise Unimplemented(f"the sandbox does not implement {at.resource.plural}/{at.subresource}")
        if at.subresource not in _SUBRESOURCES or not getattr(at.resource, at.subresource):
            raise missing()

    def _create(self, call: Call) -> Answer:
        return _shaped(call, self._writes.create(call))

    def _replace(self, call: Call) -> Answer:
        return _shaped(call, self._writes.replace(call))

    def _patch(self, call: Call) -> Answer:
        return _shaped(call, self._writes.patch(call))

    def _delete_collection(self, call: Call) -> Answer:
        chosen = [*self._reads.chosen(call)]
        return Answer(body=self._reads.listed(call, self._deletes.many(call, chosen)))

    def _scale(self, call: Call) -> Answer:
        at, paths = call.target, call.kind.scale
        current = self._store.get(at.resource, at.namespace, at.name)
        if current is None or paths is None:
            raise NotFound.of(at.resource, at.name)
        if call.method != "GET":
            current = self._writes.update(call, scaled(call, call.kind.shown(current), paths))
        return Answer(body=scale_of(current, paths))


def _shaped(call: Call, answer: Answer) -> Answer:
    return Answer(code=answer.code, body=shaped(call, answer.body), warnings=answer.warnings) if call.form else answer


def _reviewed(call: Call) -> Answer:
    """Questions about rights: everything is allowed here, and the answer says why."""
    asked = call.parsed()
    if not isinstance(asked, dict) or call.target.resource != SELF_SUBJECT_ACCESS_REVIEWS:
        raise BadRequest("the body of the request is no SelfSubjectAccessReview")
    verdict: Object = {"allowed": True, "reason": "the sandbox allows everything"}
    identity = {"kind": call.target.resource.kind, "apiVersion": call.target.resource.api_version}
    return Answer(code=201, body={**asked, **identity, "status": verdict})
