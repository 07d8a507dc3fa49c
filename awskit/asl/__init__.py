"""The Amazon States Language: what Step Functions refuses of a definition. It knows nothing of flights."""
