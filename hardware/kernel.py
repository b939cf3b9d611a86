"""What this machine's kernel does with the pins of a process that has died. It reads, and changes nothing.

Raspberry Pi's kernels let an output keep its level (raspberrypi/linux pull requests 6117 and 6150), so that a motor
that was on stays on. ``dtparam=strict_gpiod`` makes it an input at once; the pull-down at its driver then holds it off.
"""

from __future__ import annotations

from pathlib import Path

DEVICE_TREE = "proc/device-tree/compatible"
PARAMETERS = "sys/module/{module}/parameters"
NEEDED = (
    "add the line dtparam=strict_gpiod to /boot/firmware/config.txt and restart the machine; "
    "every motor's driver needs its pull-down resistor all the same"
)


def why_levels_outlive(root: Path) -> str | None:
    """Why an output may keep its level when the service dies, and what to do; None: it does not, or this is no Pi."""
    compatible = _read(root / DEVICE_TREE).split("\0")
    if not any(name.startswith("raspberrypi,") for name in compatible):
        return None
    # both drivers may be in a kernel; on a Pi 5 the header's pins are RP1's
    module = "pinctrl_rp1" if "brcm,bcm2712" in compatible else "pinctrl_bcm2835"
    parameters = root / PARAMETERS.format(module=module)
    persists, strict = _read(parameters / "persist_gpio_outputs"), _read(parameters / "strict_gpiod")
    if persists.startswith("N") or strict.startswith("Y"):  # its name in the kernels between those two requests
        return None
    if persists.startswith("Y") or strict.startswith("N"):
        return f"a motor that is on when this service dies may stay on: {NEEDED}"
    return f"this kernel does not say whether a motor stays on when this service dies: update the system, {NEEDED}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
