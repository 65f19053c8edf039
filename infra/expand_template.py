"""Prints infra/template.yaml as CloudFormation sees it once SAM has expanded it, for checking.

Usage: python infra/expand_template.py [infra/template.yaml [Parameter=value ...]] > expanded.json
What is given for a parameter stands as its default in the result, for checkers that look at one way to deploy.
Needs aws-sam-translator (infra/local-requirements.txt); asks AWS nothing.
"""

import json
import logging
import os
import re
import sys

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError


class NoManagedPolicies:
    """Every role in the template is written out, so there is nothing to look up."""

    def load(self):
        return {}


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "infra/template.yaml"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # SAM takes code from S3 only; deploying uploads it first.
    text = re.sub(r"CodeUri: \S*/(\w+)\.zip", r"CodeUri: s3://bucket/\1.zip", text)
    logging.basicConfig(level=logging.ERROR)
    # It wants to know a region, but writes none into the result.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    parameters = dict(argument.split("=", 1) for argument in sys.argv[2:])
    try:
        template = yaml_parse(text) or {}
        for name, value in parameters.items():
            template["Parameters"][name]["Default"] = value
        expanded = transform(template, parameters, NoManagedPolicies())
    except (YAMLError, InvalidDocumentException) as error:
        sys.exit(str(error))
    # SAM takes its own transform away; the other one is CloudFormation's to apply.
    expanded["Transform"] = "AWS::LanguageExtensions"
    json.dump(expanded, sys.stdout, indent=2, default=str)


if __name__ == "__main__":
    main()
