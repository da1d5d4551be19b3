"""年度批次: a year's assessment bound to a policy pack, its windows, late exceptions and notices."""
