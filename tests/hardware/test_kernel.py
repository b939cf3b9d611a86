"""What is read of a kernel: whether pins let go when their process dies. The files are those of real machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.kernel import why_levels_outlive

PI_3 = "raspberrypi,3-model-b-plus\0brcm,bcm2837\0"
PI_4 = "raspberrypi,4-model-b\0brcm,bcm2711\0"
PI_5 = "raspberrypi,5-model-b\0brcm,bcm2712\0"
OTHER = "radxa,rock-5b\0rockchip,rk3588\0"


def machine(root: Path, compatible: str | None, **parameters: str) -> Path:
    """Files of a machine; *parameters*: module and parameter, joined by two underscores."""
    if compatible is not None:
        write(root / "proc/device-tree/compatible", compatible)
    for name, value in parameters.items():
        module, _, parameter = name.partition("__")
        write(root / "sys/module" / module / "parameters" / parameter, f"{value}\n")
    return root


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.mark.parametrize("compatible", [PI_3, PI_4])
def test_a_pi_whose_pins_keep_their_level_is_told_what_to_do(compatible: str, tmp_path: Path) -> None:
    why = why_levels_outlive(machine(tmp_path, compatible, pinctrl_bcm2835__persist_gpio_outputs="Y"))

    assert why
    assert "may stay on" in why
    assert "dtparam=strict_gpiod" in why
    assert "/boot/firmware/config.txt" in why


@pytest.mark.parametrize("compatible", [PI_3, PI_4])
def test_a_pi_whose_pins_let_go_needs_nothing(compatible: str, tmp_path: Path) -> None:
    root = machine(tmp_path, compatible, pinctrl_bcm2835__persist_gpio_outputs="N")

    assert why_levels_outlive(root) is None


@pytest.mark.parametrize(("rp1", "is_said"), [("Y", True), ("N", False)])
@pytest.mark.parametrize("bcm2835", ["Y", "N"])
def test_on_a_pi_5_only_the_chip_with_the_headers_pins_counts(
    rp1: str, bcm2835: str, is_said: bool, tmp_path: Path
) -> None:
    root = machine(tmp_path, PI_5, pinctrl_rp1__persist_gpio_outputs=rp1, pinctrl_bcm2835__persist_gpio_outputs=bcm2835)

    assert bool(why_levels_outlive(root)) is is_said


def test_on_a_pi_4_the_other_chips_driver_does_not_count(tmp_path: Path) -> None:
    root = machine(tmp_path, PI_4, pinctrl_rp1__persist_gpio_outputs="N", pinctrl_bcm2835__persist_gpio_outputs="Y")

    assert why_levels_outlive(root)


@pytest.mark.parametrize(("strict", "is_said"), [("Y", False), ("N", True)])
def test_kernels_that_had_another_name_for_it_are_understood(strict: str, is_said: bool, tmp_path: Path) -> None:
    root = machine(tmp_path, PI_4, pinctrl_bcm2835__strict_gpiod=strict)

    assert bool(why_levels_outlive(root)) is is_said


def test_a_kernel_that_does_not_say_is_held_to_keep_levels(tmp_path: Path) -> None:
    why = why_levels_outlive(machine(tmp_path, PI_4))

    assert why
    assert "update the system" in why


def test_a_parameter_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    root = machine(tmp_path, PI_4)
    (root / "sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs").mkdir(parents=True)

    assert why_levels_outlive(root)


@pytest.mark.parametrize("compatible", [OTHER, None, ""])
def test_a_machine_that_is_no_pi_is_told_nothing(compatible: str | None, tmp_path: Path) -> None:
    root = machine(tmp_path, compatible, pinctrl_bcm2835__persist_gpio_outputs="Y")

    assert why_levels_outlive(root) is None
