"""The browser: the one that CHROMIUM names, one that is installed, or Debian's, installed now."""

import os
import shutil
import subprocess

NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
# With a font for Chinese, so that screenshots show what people see.
PACKAGES = ["chromium", "fonts-droid-fallback"]
# As root Chromium starts only without its sandbox; the pages are our own. It asks nobody anything.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]


def path():
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if not found:
            raise SystemExit(f"CHROMIUM names `{named}`, which is no program; name one, or leave it out")
        return found
    return installed() or install()


def installed():
    return next(filter(None, map(shutil.which, NAMES)), None)


def install():
    apt = shutil.which("apt-get")
    if os.geteuid() == 0:
        become = []
    elif shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        become = ["sudo", "-n"]
    else:
        become = None
    if not apt or become is None:
        raise SystemExit(
            "the browser tests need Chromium. Install it (Debian, Ubuntu: apt-get install chromium), or name one in the "
            "variable CHROMIUM"
        )
    print("installing Chromium (once)", flush=True)
    environment = [*become, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-qq", "-o", "Dpkg::Use-Pty=0"]
    subprocess.run([*environment, "update"], check=True)
    install = [*environment, "install", "--yes", "--no-install-recommends", *PACKAGES]
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    found = installed()
    if not found:
        raise SystemExit("apt-get has installed chromium, and it is not on the PATH; name it in the variable CHROMIUM")
    return found
