"""What `canary sandbox` tells people to type: another terminal finds all of the world, its database included."""

from canary.cli.playground import playground
from canary.cli.sandbox import instructions


async def test_another_terminal_is_told_where_everything_is() -> None:
    async with playground(with_controller=False) as place:
        exported = [line.strip() for line in instructions(place, empty=True) if line.startswith("  export ")]
        assert exported[:3] == [
            f"export KUBECONFIG={place.sandbox.kubeconfig}",
            f"export CANARY_STATE_DIR={place.state_dir}",
            f"export MESH={place.sandbox.mesh_url}",
        ]
        assert place.state_dir.parent == place.sandbox.kubeconfig.parent
