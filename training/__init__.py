"""How findling's shipped weights are made: prepare → mine → train → distil → export → evaluate."""
