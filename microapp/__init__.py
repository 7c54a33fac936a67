"""The micro-app's own code. It knows dingbridge; dingbridge never knows it."""
