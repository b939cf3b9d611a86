"""Tells the operator, over MQTT, how the kiosk stands; it hears and decides nothing of a vend."""
