"""The small languages of AWS that more than one room reads: event patterns, and DynamoDB's expressions.

They are pure: text and plain data in, plain data or a refusal in AWS's own words out.
"""
