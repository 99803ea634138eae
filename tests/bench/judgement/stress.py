"""What breaks judges that hold in the cells: bursts, pods that differ, ramps, incidents, cold starts (reference §3.4)."""

from collections.abc import Iterator
from dataclasses import replace

from tests.bench.judgement.scenario import Group, Scenario, Truth, keep, roll_back
from tests.bench.judgement.streams import Clusters, Profile, Recipe, for_good

_BURST_SHARE = 0.002
_RARE_RPS = 100.0
_RARE_PER_HOUR, _RARE_MEAN = 2, 50.0
_SIGMA = 0.5
_PODS = {"2v6": (2, 6), "6v6": (6, 6)}
RAMP: Profile = ((0, 0.05), (15, 0.10), (30, 0.25), (45, 0.50))


def stress() -> Iterator[Scenario]:
    """All of them."""
    yield from _bursts()
    yield from _rare()
    yield from _pods()
    yield from _shared()
    yield from _ramps()
    yield from _starts()
    yield from _delayed()
    yield from _small()
    yield from _crashes()
    yield replace(keep("ten-metrics", Group.FAMILY, Recipe()), metrics=10)


def _bursts() -> Iterator[Scenario]:
    for mean, seconds in ((5.0, 0.0), (20.0, 0.0), (20.0, 15.0), (20.0, 60.0), (20.0, 180.0)):
        for weight in (0.05, 0.25, 0.50):
            for one_pod in (True, False):
                clusters = Clusters(mean=mean, share=_BURST_SHARE, seconds=seconds, one_pod=one_pod)
                recipe = Recipe(weight=((0, weight),), base=((0, 0.0),), clusters=clusters)
                name = f"burst{mean:g}/{seconds:g}s/w{weight * 100:g}/{'one-pod' if one_pod else 'all-pods'}"
                yield keep(name, Group.BURST if seconds <= 60 else Group.LONG_BURST, recipe)
                worse = replace(recipe, clusters=replace(clusters, ratio=3.0))
                yield roll_back(f"{name}/x3", Group.BURST_WORSE, worse)


def _rare() -> Iterator[Scenario]:
    share = _RARE_PER_HOUR * _RARE_MEAN / (_RARE_RPS * 3600)
    for one_pod in (True, False):
        clusters = Clusters(mean=_RARE_MEAN, share=share, one_pod=one_pod)
        recipe = Recipe(rps=_RARE_RPS, base=((0, 0.001),), clusters=clusters)
        name = f"rare-bursts/{'one-pod' if one_pod else 'all-pods'}"
        yield keep(name, Group.BURST, recipe)
        yield roll_back(f"{name}/x3", Group.BURST_WORSE, replace(recipe, ratio=((0, 3.0),)))


def _pods() -> Iterator[Scenario]:
    for versus, (canary, stable) in _PODS.items():
        for rps in (100.0, 1000.0):
            recipe = Recipe(rps=rps, pod_sigma=_SIGMA, canary_life=for_good(canary), stable_life=for_good(stable))
            yield keep(f"pods/{versus}/{rps:g}rps", Group.PODS, recipe)
            for ratio in (3.0, 10.0):
                worse = replace(recipe, ratio=((0, ratio),))
                yield roll_back(f"pods/{versus}/{rps:g}rps/x{ratio:g}", Group.PODS_WORSE, worse)


def _shared() -> Iterator[Scenario]:
    incident: Profile = ((0, 0.001), (20, 0.05), (30, 0.001))
    for rps in (10.0, 100.0, 1000.0):
        yield keep(f"shared-incident/{rps:g}rps", Group.SHARED, Recipe(rps=rps, base=incident))
    told = Recipe(weight=((0, 0.10),))
    yield replace(keep("told-25-real-10", Group.SHARED, told), told=((0, 0.25),))
    yield replace(keep("told-10-real-25", Group.SHARED, Recipe()), told=((0, 0.10),))


def _ramps() -> Iterator[Scenario]:
    moving: Profile = tuple((minute, 0.001 + 0.009 * minute / 59) for minute in range(60))
    for name, base in (("ramp", ((0, 0.005),)), ("ramp-moving-base", moving)):
        recipe = Recipe(weight=RAMP, base=base)
        yield keep(name, Group.SHARED, recipe)
        yield roll_back(f"{name}/x3", Group.RAMP_WORSE, replace(recipe, ratio=((0, 3.0),)))


def _starts() -> Iterator[Scenario]:
    cold = Recipe(base=((0, 0.005),), plus=((0, 0.025), (2, 0.0)))
    for warmup in (0.0, 1.0, 3.0):
        yield replace(keep(f"cold-start/warm-up-{warmup:g}m", Group.START, cold), warmup=warmup)
    yield keep("blip-20%-1m", Group.START, Recipe(plus=((0, 0.0), (20, 0.195), (21, 0.0))))


def _delayed() -> Iterator[Scenario]:
    for rps in (10.0, 100.0):
        late = Recipe(rps=rps, base=((0, 0.001),), ratio=((0, 1.0), (20, 10.0)))
        yield replace(roll_back(f"delayed/x10/{rps:g}rps", Group.DELAYED, late), onset=20.0)
        plus = Recipe(rps=rps, base=((0, 0.001),), plus=((0, 0.0), (20, 0.005)))
        yield replace(roll_back(f"delayed/+0.5pp/{rps:g}rps", Group.DELAYED, plus), onset=20.0)


def _small() -> Iterator[Scenario]:
    for base in (0.001, 0.012):
        loud = Recipe(rps=1000.0, weight=((0, 0.5),), base=((0, base),), ratio=((0, 1.05),))
        yield keep(f"5%-relative/{base * 100:g}%", Group.IMMATERIAL, loud)
    for rps in (10.0, 100.0, 1000.0):
        yield keep(f"better/{rps:g}rps", Group.BETTER, Recipe(rps=rps, ratio=((0, 0.5),)))


def _crashes() -> Iterator[Scenario]:
    for rps in (10.0, 100.0):
        gone = Recipe(rps=rps, alive=((0, 1.0), (20, 0.0)))
        yield Scenario(name=f"crashed/{rps:g}rps", group=Group.CRASHED, truth=Truth.HOLD, recipe=gone, onset=20.0)
