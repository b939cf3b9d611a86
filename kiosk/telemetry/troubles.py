"""Why the broker cannot be reached or used, in one plain sentence each that says what to do.

A sentence holds nothing that changes from one try to the next: it is said once, not at every retry.
"""

from __future__ import annotations

import socket
import ssl

from kiosk.telemetry.plan import BrokerPlan


class BrokerLost(RuntimeError):
    """The connection cannot be made or has ended; the message says what to do."""


class VersionRefused(BrokerLost):
    """The broker refused the connection before it said a word of this version of MQTT; an older one may do."""


class TakenOver(BrokerLost):
    """Another client came with the same id, and the broker threw this one out."""


UNSUPPORTED_VERSION = 0x84
TAKEN_OVER = 0x8E
FAILURE = 0x80  # reason codes from here on are failures

# MQTT 5, section 2.4; paho turns the five refusals of 3.1.1 into these
_REASONS = {
    UNSUPPORTED_VERSION: "the broker at {place} speaks neither MQTT 5 nor 3.1.1; use another one",
    0x85: "the broker at {place} refuses the client id {kiosk}; allow it there, or change kiosk.id in kiosk.yaml",
    0x86: "the broker at {place} refuses user name or password; correct telemetry.username and the password's file",
    0x87: "the broker at {place} does not let {user} in; allow it there, or correct "
    "telemetry.username and the password's file",
    0x88: "the broker at {place} is not available; see its log",
    0x89: "the broker at {place} is busy; see its log",
    0x8A: "the broker at {place} has banned this kiosk; see its log",
    0x8B: "the broker at {place} was stopped; start it again",
    0x8D: "the connection to the broker at {place} went silent; check the network",
    TAKEN_OVER: "another client uses the id {kiosk} at the broker at {place}; give each kiosk a kiosk.id of its own",
    0x95: "the broker at {place} refuses messages of this size; raise its limit to 64 kB",
    0x98: "somebody ended this connection at the broker at {place}; see its log",
    0x9A: "the broker at {place} keeps no retained messages; switch them on there",
    0x9B: "the broker at {place} refuses QoS 1; switch it on there",
    0x9C: "the broker at {place} has moved; correct telemetry.broker in kiosk.yaml",
    0x9D: "the broker at {place} has moved; correct telemetry.broker in kiosk.yaml",
}
_OTHER_REASON = "the broker at {place} ended the connection with code {code}; see its log"

_EXPIRED, _NOT_YET_VALID = 10, 9  # OpenSSL's X509_V_ERR_…
_WRONG_NAME = (62, 64)  # host name, address


def of_reason(plan: BrokerPlan, kiosk: str, code: int) -> BrokerLost:
    """What the broker gave as its reason, when it refused or ended a connection."""
    kind = {UNSUPPORTED_VERSION: VersionRefused, TAKEN_OVER: TakenOver}.get(code, BrokerLost)
    user = f"user {plan.username}" if plan.username else "anybody without a user name"
    return kind(_REASONS.get(code, _OTHER_REASON).format(place=plan.place, kiosk=kiosk, user=user, code=code))


def of_denial(plan: BrokerPlan, topic: str, code: int) -> BrokerLost:
    """Why a message was not taken, as only MQTT 5 tells."""
    return BrokerLost(
        f"the broker at {plan.place} does not take {topic} (code {code}); let its ACL allow this kiosk to write there"
    )


def of_hang_up(plan: BrokerPlan) -> VersionRefused:
    """What an end before the broker's first word means."""
    scheme, port = ("mqtt://", "1883") if plan.tls else ("mqtts://", "8883")
    return VersionRefused(
        f"{plan.place} hangs up at once; correct telemetry.broker in kiosk.yaml, perhaps to {scheme} and port {port}"
    )


def of_silence(plan: BrokerPlan) -> VersionRefused:
    """What no answer at all means: a broker that hangs, or one that takes MQTT 5 for 3.1.1 and waits for more of it."""
    return VersionRefused(
        f"{plan.place} takes calls and does not answer; restart the broker, or correct telemetry.broker"
    )


def of_break(plan: BrokerPlan, kiosk: str) -> BrokerLost:
    """What an end without a reason means."""
    return BrokerLost(
        f"the connection to the broker at {plan.place} broke; "
        f"check that broker and network are up, and that no other kiosk has the id {kiosk}"
    )


def of_mistake(error: Exception) -> BrokerLost:
    """What an exception means that nobody expected."""
    kind = type(error).__name__
    return BrokerLost(f"telemetry met a mistake in the program ({kind}) and tries again; send its log to who wrote it")


def of_authorities(plan: BrokerPlan, error: OSError) -> BrokerLost:
    """Why the file of certificate authorities cannot be used."""
    why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
    return BrokerLost(f"telemetry.ca_file {plan.ca_file} cannot be read ({why}); put the broker's authority there")


def of_dialling(plan: BrokerPlan, error: OSError | UnicodeError) -> BrokerLost:
    """Why there is no connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return BrokerLost(_certificate(plan, error))
        case ssl.SSLError() | ConnectionResetError() if plan.tls:
            why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
            return BrokerLost(
                f"{plan.place} does not speak TLS as it should ({why}); check that this is the broker's port for mqtts://"
            )
        case socket.gaierror() | UnicodeError():
            return BrokerLost(
                f"the name {plan.host} is not found; check telemetry.broker in kiosk.yaml and the network's name server"
            )
        case ConnectionRefusedError():
            return BrokerLost(f"nobody listens at {plan.place}; start the broker, or correct telemetry.broker")
        case TimeoutError():
            return BrokerLost(f"{plan.place} does not answer; check the network, its firewall and the broker")
        case _:
            return BrokerLost(
                f"{plan.place} cannot be reached ({error.strerror or error}); check the network and the broker"
            )


def _certificate(plan: BrokerPlan, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _WRONG_NAME:
        return (
            f"the certificate at {plan.place} is for another name; "
            "write the name it is for into telemetry.broker, or have a new one made"
        )
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return (
            f"the certificate at {plan.place} is not valid today; check this kiosk's clock, then renew the certificate"
        )
    return (
        f"the certificate at {plan.place} is from an authority that this kiosk does not trust; "
        "put that authority's certificate into telemetry.ca_file"
    )
