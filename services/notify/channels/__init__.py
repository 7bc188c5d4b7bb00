"""The channels: SMS by Twilio, e-mail by SMTP, and the local postbus that stands in for both."""
