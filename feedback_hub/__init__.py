"""feedback_hub: a community feedback and complaints mechanism for people in displacement."""
