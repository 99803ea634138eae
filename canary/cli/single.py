"""The one Canary that a file is about, for verbs that play a plan without a cluster."""

import click

from canary.api.v1alpha1 import Canary, CanarySpec
from canary.cli.checks import Checked, check_all, fault_lines
from canary.cli.manifests import read_manifests
from canary.errors import Invalid

_DEFAULT = '{"target": {"deployment": "any"}, "service": {"name": "any", "port": 80}, "traffic": {"router": "smi"}}'


def default_spec() -> CanarySpec:
    """What is played where no file is given: every default."""
    return CanarySpec.model_validate_json(_DEFAULT, strict=True)


def single_canary(source: str) -> tuple[Canary, Checked]:
    """The Canary in a file, with the templates beside it put in. Raises Invalid; shows faults, line by line, and exits with 1."""
    checked = check_all(read_manifests((source,)))
    if faults := fault_lines(checked):
        for line in faults:
            click.echo(line, err=True)
        raise click.exceptions.Exit(1)
    found = [(each.canary, each) for each in checked if each.canary is not None]
    if len(found) != 1:
        raise Invalid(f"{source} holds {len(found)} Canaries: give a file that holds the one that is meant.")
    canary, one = found[0]
    if one.missing:
        raise Invalid(f"{source} doesn't hold {', '.join(one.missing)}, by which {canary.name} is judged: put it there, too.")
    return canary, one
