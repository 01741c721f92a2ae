"""Zairyu: durable orchestration of Japanese residence-status applications.

Models say what things are, rules say what the law allows, workflows say what happens when, activities
touch the world, the worker hosts them.
"""
