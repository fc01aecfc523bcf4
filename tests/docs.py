#!/usr/bin/env python3
"""Runs what the documentation shows and fails where it shows something else.

In README*.md and docs/**/*.md:
- a block marked `console`: every line that starts with `$ ` is run by bash at the top of the tree, with the
  binary as `steelyard`; the lines below it must be its output, both streams together;
- a block marked `yaml` that starts with `steelyard: scheme/v1` must pass `steelyard scheme check`, and one that
  starts with `steelyard: selection/v1` must pass `steelyard selection check`.

`--update` writes what was printed into the files instead, to be looked at before it is kept.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```$", re.M | re.S)


def run(command, path):
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=dict(os.environ, PATH=path, NO_COLOR="1"),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.stdout.decode("utf-8", "replace")


def session(text, path):
    """The block as it comes out when its commands are run again."""
    lines = []
    for line in text.splitlines():
        if line.startswith("$ "):
            lines.append(line)
            lines.extend(run(line[2:], path).splitlines())
    return "".join(line.rstrip() + "\n" for line in lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--update", action="store_true", help="write what was printed into the files")
    args = parser.parse_args()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    binary = os.path.abspath(args.binary)
    files = sorted(glob.glob("README*.md") + glob.glob("docs/**/*.md", recursive=True))
    bad = commands = schemes = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(binary, os.path.join(folder, "steelyard"))
        path = folder + os.pathsep + os.environ["PATH"]
        for name in files:
            with open(name, encoding="utf-8") as f:
                text = f.read()
            updated = text
            for kind, body in BLOCK.findall(text):
                if kind == "console":
                    commands += sum(line.startswith("$ ") for line in body.splitlines())
                    printed = session(body, path)
                    updated = updated.replace("```console\n%s```" % body, "```console\n%s```" % printed)
                    if printed != body and not args.update:
                        bad += 1
                        print("%s shows\n%s\nand it prints\n%s" % (name, body, printed))
                elif body.startswith(("steelyard: scheme/v1", "steelyard: selection/v1")):
                    schemes += 1
                    language = "scheme" if body.startswith("steelyard: scheme/v1") else "selection"
                    document = os.path.join(folder, "document.yaml")
                    with open(document, "w", encoding="utf-8") as f:
                        f.write(body)
                    done = subprocess.run([binary, language, "check", document], capture_output=True, text=True)
                    if done.returncode != 0:
                        bad += 1
                        print("%s: a document it shows is refused\n%s" % (name, done.stdout + done.stderr))
            if args.update and updated != text:
                with open(name, "w", encoding="utf-8") as f:
                    f.write(updated)
                print("updated: " + name)
    print("%d files, %d commands, %d documents, %d differ" % (len(files), commands, schemes, bad))
    if commands == 0 or schemes == 0:
        sys.exit("nothing was found to run")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
