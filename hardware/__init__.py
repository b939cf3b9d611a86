"""Hardware moves and senses, through gpiozero and pyserial. It knows slots and pins, never items, codes or people."""
