/** Limits of the libvirt driver, named with their units. */
export const driverLimits = {
  /** Converting or copying an image of any size we would accept. */
  imageMillisMax: 1_800_000,
  /** Looking at a file's header. */
  inspectMillisMax: 30_000,
  /** The end of the console that is answered; a guest can write without bound. */
  consoleBytesMax: 1_048_576,
  /** Between two looks at a guest that was asked to stop. */
  shutdownPollMillis: 250,
  /** A guest that is still booting loses the button's first press. */
  shutdownRepeatMillis: 5_000,
  /** What a soft reboot waits for the guest before it pulls the plug. */
  softRebootMillisMax: 120_000,
  /** Firmware under translation: a fifth of a second on an idle machine. */
  probeMillisMax: 10_000,
  /** KVM is given this long at least, and at most this many times what translation took. */
  probeKvmMillisMin: 1_000,
  probeKvmFactor: 3,
  probePollMillis: 20,
  /** Of the daemon, while it describes the host's devices one by one. */
  questionsAtOnce: 4,
  vgpusPerGuestMax: 16,
  /** A guest has this long to let go of a device. */
  unplugMillisMax: 20_000,
  unplugPollMillis: 250,
  /** Between two looks at a guest that is on its way. */
  migrationPollMillis: 250
} as const
