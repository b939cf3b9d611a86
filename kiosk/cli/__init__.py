"""The ``kiosk`` command. Each command's module is imported only when that command is used."""

from __future__ import annotations

from importlib import import_module

import click

from kiosk import __version__

# command: where it lives, and what it does in one line
COMMANDS = {
    "demo": ("kiosk.cli.demo:demo", "Run a whole kiosk on this machine, simulated; nothing to set up."),
    "run": ("kiosk.cli.run:run", "Run the service."),
    "check": ("kiosk.cli.check:check", "Check a configuration: every fault at once, with its remedy."),
    "load": ("kiosk.cli.stock:load", "Book units that were put into a slot."),
    "count": ("kiosk.cli.stock:count", "Book how many units stand in a slot."),
    "remove": ("kiosk.cli.stock:remove", "Book units that were taken out of a slot."),
    "recall": ("kiosk.cli.stock:recall", "Hold back a lot wherever it stands in front."),
    "selftest": ("kiosk.cli.selftest:command", "Move and read each part of the cabinet, one by one."),
    "test": ("kiosk.cli.stock:test", "Let a coil make a test turn."),
    "stock": ("kiosk.cli.stock:stock", "Show what stands in the slots."),
    "codes": ("kiosk.cli.codes:codes", "Make access codes, revoke them, bring them back."),
    "bench": ("kiosk.cli.bench:bench", "Disturb a simulated cabinet."),
    "ledger": ("kiosk.cli.ledger:ledger", "Look after the ledger."),
    "backup": ("kiosk.cli.backup:backup", "Write what a spare machine needs into one encrypted file."),
    "restore": ("kiosk.cli.backup:restore_command", "Put a backup in place on this machine."),
}


class LazyGroup(click.Group):
    """A group of ``COMMANDS``; help shows their lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """All commands, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command; None for one that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands' lines."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kiosk")
def main() -> None:
    """Controller for a harm-reduction supply kiosk.

    \b
    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
    """
