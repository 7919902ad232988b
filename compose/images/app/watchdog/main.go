// watchdog [-silence 15s] [-limit 5] [-window 10m] PROGRAM [ARGUMENT…]
//
// Runs PROGRAM as a container's first process would: it passes signals on, reaps orphans and ends with the program's
// exit code. A program that was heard once (it writes bytes to the descriptor that WATCHDOG_FD names) and then falls
// silent is killed and started anew, at most `limit` times in any `window`. Why it does not exit instead: decision 0011.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

const (
	// The silence is counted in looks, not read from a clock: a paused container or a sleeping host is no fault of the program.
	looks                = 15
	prSetChildSubreaper  = 36
	exitCannotStart      = 127
	firstDescriptor      = 3
	signalExitCodeOffset = 128
)

type options struct {
	silence, window time.Duration
	limit           int
	command         []string
}

// child is one run of the program, and the reading end of its heartbeat.
type child struct {
	pid, beats  int
	heard       bool
	silentLooks int
}

func main() {
	var given options
	flag.DurationVar(&given.silence, "silence", 15*time.Second, "after how long without a heartbeat the program is replaced")
	flag.DurationVar(&given.window, "window", 10*time.Minute, "in which at most -limit replacements happen")
	flag.IntVar(&given.limit, "limit", 5, "replacements in one window")
	flag.Parse()
	given.command = flag.Args()
	if len(given.command) == 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(watch(given))
}

// watch runs the program until it ends by itself or was told to, and gives its exit code.
func watch(given options) int {
	// Where it is not the container's first process, orphans come to it all the same.
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	signals := make(chan os.Signal, 64)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	ticks := time.NewTicker(given.silence / looks)
	var replaced []time.Time
	replacements, stopping, complained, killed := 0, false, false, false
	current, err := start(given.command, replacements)
	if err != nil {
		say("error", "the program cannot be started: "+err.Error(), replacements)
		return exitCannotStart
	}
	for {
		select {
		case received := <-signals:
			if number := received.(syscall.Signal); number != syscall.SIGCHLD {
				stopping = stopping || number == syscall.SIGTERM || number == syscall.SIGINT
				_ = syscall.Kill(current.pid, number)
				continue
			}
			status, ended := reap(current.pid)
			if !ended {
				continue
			}
			syscall.Close(current.beats)
			if !killed || stopping {
				return exitCode(status)
			}
			killed, replacements = false, replacements+1
			if current, err = start(given.command, replacements); err != nil {
				say("error", "the program cannot be started anew: "+err.Error(), replacements)
				return exitCannotStart
			}
		case now := <-ticks.C:
			if killed || !current.isSilent() {
				complained = complained && current.silentLooks > 0
				continue
			}
			replaced = since(replaced, now.Add(-given.window))
			if len(replaced) >= given.limit && !stopping {
				if !complained {
					say("error", fmt.Sprintf("no heartbeat, and %d replacements within %s did not help: it is left as it is", len(replaced), given.window), replacements)
				}
				complained = true
				continue
			}
			say("error", fmt.Sprintf("no heartbeat for %s: the program is killed", given.silence), replacements)
			replaced, killed, complained = append(replaced, now), true, false
			// Its own group: what it started goes with it. SIGKILL ends a stopped process too.
			_ = syscall.Kill(-current.pid, syscall.SIGKILL)
		}
	}
}

func start(command []string, replacements int) (*child, error) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil, err
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, err
	}
	defer syscall.Close(pipe[1])
	pid, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env: append(os.Environ(),
			"WATCHDOG_FD="+strconv.Itoa(firstDescriptor), "WATCHDOG_REPLACEMENTS="+strconv.Itoa(replacements)),
		Files: []uintptr{0, 1, 2, uintptr(pipe[1])},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		syscall.Close(pipe[0])
		return nil, err
	}
	return &child{pid: pid, beats: pipe[0]}, nil
}

// isSilent looks once for heartbeats. Who never sent one, such as a migration, is never judged.
func (c *child) isSilent() bool {
	buffer := make([]byte, 4096)
	count, err := syscall.Read(c.beats, buffer)
	if count > 0 {
		c.heard, c.silentLooks = true, 0
		return false
	}
	if c.heard && (err == nil || errors.Is(err, syscall.EAGAIN)) {
		c.silentLooks++
	}
	return c.silentLooks >= looks
}

// reap collects everything that ended, orphans too, and says whether the program was among it.
func reap(program int) (status syscall.WaitStatus, ended bool) {
	for {
		var each syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &each, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return status, ended
		}
		if pid == program {
			status, ended = each, true
		}
	}
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return signalExitCodeOffset + int(status.Signal())
	}
	return status.ExitStatus()
}

func since(times []time.Time, start time.Time) []time.Time {
	for len(times) > 0 && times[0].Before(start) {
		times = times[1:]
	}
	return times
}

// say writes a line in the form of the product's log.
func say(level, message string, replacements int) {
	fmt.Fprintf(os.Stderr, "{\"level\":%q,\"time\":%q,\"service\":\"watchdog\",\"replacements\":%d,\"msg\":%q}\n",
		level, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), replacements, message)
}
