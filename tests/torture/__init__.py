"""The promise under fire: never lose, never double, whatever is killed, cut, stalled or lied about in between."""
