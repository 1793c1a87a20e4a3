"""Makes the kernel's root file system: Debian by mmdebstrap, Sage by pip, slimmed, compiled and tried. Needs root, no container daemon. Next: slim.py.

Stages leave their result under a final name only when they are whole, so an interrupted build goes on after the last whole stage.
"""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import recipe

# Of the caller's environment only what says how to reach the package index.
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
INSIDE = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
PIP = {"PIP_CACHE_DIR": "/pip-cache", "PIP_ROOT_USER_ACTION": "ignore", "PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off"}
# pip compiles in a folder with a random name: what would carry it into the result stays out.
ALIKE = {"CFLAGS": "-g0", "LDFLAGS": "-Wl,--build-id=none"}
PASSWD = "root:x:0:0:root:/:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"
TRIAL = "import os; from sage.all import *; import ipywidgets; assert os.getuid() == 65534 and str(factor(91)) == '7 * 13'; print(version())"
# Both leave behind what they made, for the next start: GAP itself after reading its library, and where matplotlib found which font.
# GAP keeps the name that its file had at first: so names are counted, and two builds are alike.
COUNTED_NAMES = "import itertools, tempfile; tempfile._name_sequence = map(str, itertools.count())"
FIRST_USE = COUNTED_NAMES + "; import sage.all; from sage.libs.gap.libgap import libgap; assert libgap(2) + 2 == 4; import matplotlib.font_manager"

Progress = Callable[[int, str], None]


class BuildFailed(Exception):
    """A tool ended with an error; the message holds the end of what it said."""


def run(command: list[str], environment: dict[str, str], lock_fd: int, on_line: Callable[[str], None] = lambda line: None) -> None:
    """Runs a tool. It inherits the lock, so the lock is held for as long as any of the build's processes lives."""
    last: list[str] = []
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", pass_fds=(lock_fd,))
    for line in process.stdout:
        last = [*last[-29:], line.rstrip()]
        on_line(line)
    if process.wait() != 0:
        raise BuildFailed(f"{' '.join(command[:4])} ... ended with {process.returncode}:\n" + "\n".join(last))


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class RootBuild:
    """One build in `work`, a folder on the disk that will hold the root; `finish` renames the result to `target`."""

    def __init__(self, work: Path, lock_fd: int, progress: Progress) -> None:
        self.work, self.lock_fd, self.progress = work, lock_fd, progress
        self.tools, self.packages, self.root = work / "tools", work / "packages", work / "root"
        self.outside = {**{k: os.environ[k] for k in PASSED_ON if k in os.environ}, "SOURCE_DATE_EPOCH": recipe.SOURCE_DATE_EPOCH}

    def stage(self, target: Path, make: Callable[[Path], None]) -> None:
        if not target.exists():
            part = target.with_name(target.name + ".part")
            remove(part)
            make(part)
            part.rename(target)

    def debian(self, target: Path, packages: tuple[str, ...]) -> None:
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory", f"--include={','.join(packages)}"]
        command += ['--aptopt=APT::Install-Recommends "false"', *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.DEBIAN_LEFT_OUT)]
        run([*command, recipe.SUITE, str(target)], {**INSIDE, **self.outside, "PATH": os.environ["PATH"]}, self.lock_fd)

    def inside(self, root: Path, command: list[str], **options) -> None:
        run(["chroot", *options.pop("user", []), str(root), *command], {**INSIDE, **PIP, **self.outside, **options.pop("environment", {})}, self.lock_fd, **options)

    def make_tools(self, part: Path) -> None:
        self.progress(0, f"Debian {recipe.SUITE} with a compiler, for the build only")
        self.debian(part, recipe.BUILD_PACKAGES)
        # The host's way to the package index: its resolver, its certificates (a company's own among them), its pip settings.
        for name in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt", "etc/pip.conf"):
            if Path("/", name).exists():
                remove(part / name)
                shutil.copyfile(Path("/", name), part / name)
        (part / "recipe").mkdir()

    def make_packages(self, part: Path) -> None:
        for name in recipe.ROOT_FILES:
            shutil.copyfile(recipe.HERE / name, self.tools / "recipe" / name)
        (self.tools / "recipe/backend.lock").write_text(recipe.locked(recipe.BUILD_BACKEND))
        remove(self.tools / "out")
        count, seen = recipe.locked_count(), 0

        def on_line(line: str) -> None:
            nonlocal seen
            if line.startswith("Collecting "):
                seen += 1
                self.progress(18 + 37 * min(seen, count) // count, f"Python packages: {seen} of {count}, {line.split()[1].split('==')[0]}")
            elif line.startswith("Installing "):
                self.progress(55, f"unpacking {count} Python packages (4 GB)")

        self.progress(18, f"Python packages: {count} to fetch (1.3 GB)")
        hashed = ["pip", "install", "--no-deps", "--require-hashes"]
        self.inside(self.tools, [*hashed, "--only-binary", ":all:", "-r", "/recipe/backend.lock"])
        install = [*hashed, "--root", "/out", "--ignore-installed", "--no-compile", "--no-warn-script-location", "-r", "/recipe/requirements.lock"]
        self.inside(self.tools, [*install, "--only-binary", ":all:", "--no-binary", recipe.BUILT_FROM_SOURCE, "--no-build-isolation"], environment=ALIKE, on_line=on_line)
        self.progress(75, "slimming: debug information, duplicates, headers, tests")
        self.inside(self.tools, ["python3", "/recipe/slim.py", "/out/usr/local"])
        preload = self.tools / "out/usr/local/lib/sandcell"
        preload.mkdir()
        self.inside(self.tools, ["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", ALIKE["LDFLAGS"], "-o", "/out/usr/local/lib/sandcell/fionread.so", "/recipe/fionread.c"])
        (self.tools / "out/usr/local").rename(part)

    def make_root(self, part: Path) -> None:
        self.progress(80, f"Debian {recipe.SUITE} with Python, for the kernel")
        self.debian(part, recipe.RUNTIME_PACKAGES)
        subprocess.run(["cp", "-al", f"{self.packages}/.", str(part / "usr/local")], check=True)
        self.progress(90, "compiling Python")
        self.compile(part)
        self.progress(97, "settling users and permissions")
        settle(part)
        self.progress(98, "trying it: import sage.all as nobody")
        try:
            self.try_out(part)
            self.prepare(part)
        finally:
            empty(part)

    def compile(self, root: Path) -> None:
        places = ["/usr/lib/python3.13", "/usr/lib/python3", "/usr/local/lib/python3.13/dist-packages"]
        for place in places:
            for cache in list(Path(root, place[1:]).rglob("__pycache__")):
                shutil.rmtree(cache)
        (root / "dev/shm").mkdir(exist_ok=True)
        (root / "dev/shm").chmod(0o1777)
        # unchecked-hash: no look at the source at import, no time stamp inside. Some packages carry scripts of Python 2, so an error is no failure: TRIAL decides.
        command = ["python3", "-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "unchecked-hash", *places]
        self.inside(root, ["sh", "-c", " ".join(command) + " || true"])

    def try_out(self, root: Path) -> None:
        self.inside(root, ["python3", "-c", TRIAL], user=["--userspec=65534:65534"], environment={"HOME": "/tmp", "MPLCONFIGDIR": "/tmp/mpl"})

    def prepare(self, root: Path) -> None:
        """Keeps what first use makes: a kernel finds it and starts sooner, and holds no copy of its own in its memory."""
        folder = root / recipe.PREPARED
        folder.mkdir(parents=True)
        as_nobody = {"user": ["--userspec=65534:65534"], "environment": {"HOME": "/tmp", "DOT_SAGE": "/tmp/prepare", "MPLCONFIGDIR": "/tmp/prepare"}}
        self.inside(root, ["python3", "-c", FIRST_USE], **as_nobody)
        self.inside(root, ["python3", "-P", "-c", (recipe.HERE / "modules.py").read_text(), "/tmp/prepare/modules"], **as_nobody)
        (workspace,) = (root / "tmp/prepare/gap").glob("libgap-workspace-*")
        (fonts,) = (root / "tmp/prepare").glob("fontlist-v*.json")
        shutil.copyfile(workspace, folder / "gap-workspace")
        shutil.copyfile(root / "tmp/prepare/modules", folder / "modules")
        (folder / "matplotlib").mkdir()
        shutil.copyfile(fonts, folder / "matplotlib" / fonts.name)

    def finish(self, target: Path) -> None:
        self.stage(self.tools, self.make_tools)
        self.stage(self.packages, self.make_packages)
        self.stage(self.root, self.make_root)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.root.rename(target)
        self.progress(99, "removing what only the build needed")
        shutil.rmtree(self.work)


def settle(root: Path) -> None:
    """Leaves two users and no secrets, no set-user-id programs, and everything readable for uid 65534."""
    (root / "etc/passwd").write_text(PASSWD)
    (root / "etc/group").write_text(GROUP)
    for name in ("shadow", "gshadow", "subuid", "subgid", "machine-id", "resolv.conf", "hostname"):
        for path in (root / "etc" / name, root / "etc" / (name + "-")):
            path.unlink(missing_ok=True)
    for name in ("passwd-", "group-"):
        (root / "etc" / name).unlink(missing_ok=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for where, folders, names in os.walk(root):
        for path in (Path(where, name) for name in [*folders, *names]):
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                wanted = (stat.S_IMODE(mode) & 0o1777 & ~(0 if mode & stat.S_ISVTX else 0o022)) | 0o444 | (0o111 if stat.S_ISDIR(mode) or mode & 0o111 else 0)
                if wanted != stat.S_IMODE(mode):
                    path.chmod(wanted)


def empty(root: Path) -> None:
    """Clears what the sandbox mounts over and what building left behind; the devices are the sandbox's own."""
    for name in ("dev", "tmp", "var/tmp", "var/cache", "var/log", "var/lib/apt", "run", "proc", "sys"):
        if (root / name).is_dir():
            for path in (root / name).iterdir():
                remove(path)
    for name in recipe.MOUNT_POINTS:
        (root / name).mkdir(parents=True, exist_ok=True)
