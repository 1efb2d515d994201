"""Ad-hoc queries over errors, spans, logs and metrics: fields, aggregates, grouping, sorting."""
