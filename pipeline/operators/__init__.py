"""Pure stream operators: no Faust, no IO."""
