"""The desk terminal's card reader: channel, APDU, JPKI session, activity."""
