/** Every limit of the system, named, with its unit in the name. One place, so that none is forgotten and none hides. */
export const Limits = {
  /** Bodies of the compute, network and identity faces (Nova's own default). */
  bodyBytesMax: 114_688,
  /** Operators and services alone: a reshape moves the allocations of a whole host at once. */
  placementBodyBytesMax: 1024 ** 2,
  imageBytesMax: 1024 ** 4,
  /** Of several processes: an upload whose file nobody wrote to for this long has ended with its process. More than `requestMillisMax`, at which one that stands still is cut off. */
  imageAbandonedMillis: 300_000,
  /** A JSON body that takes longer to arrive is refused. */
  bodyMillisMax: 30_000,
  jsonDepthMax: 100,
  pageSizeMax: 1000,
  /** A refused value is quoted up to this length. */
  echoCharsMax: 1_000,
  /** A regular expression in a list's query. */
  filterPatternCharsMax: 255,
  /** A list may be searched with regular expressions for this long. */
  filterMillisMax: 250,
  /** Servers whose encoded answers are kept, at most twice as many. */
  renderedServersMax: 20_000,
  hostIdsMax: 100_000,
  serversPerRequestMax: 1000,
  /** Of one guest whose CPUs are numbered in its flavor or image: as many as KVM runs. */
  guestCpusMax: 4096,
  guestNumaNodesMax: 128,
  /** PCI devices that a flavor may ask for. */
  devicesPerServerMax: 64,
  /** PCI devices that one host may tell of. */
  hostDevicesMax: 4096,
  injectedFilesMax: 5,
  serverTagsMax: 50,
  /** Of key pairs made here. */
  rsaBits: 2048,
  requestMillisMax: 60_000,
  headerMillisMax: 10_000,
  headerBytesMax: 16_384,
  headersMax: 100,
  connectionCheckMillis: 1_000,
  /** Requests under way have this long to finish when the server stops. */
  shutdownMillis: 10_000,
  connectionsMax: 10_000,
  /** Of one message on a websocket. */
  socketFrameBytesMax: 16 * 1024 ** 2,

  /** Neutron's own defaults. */
  dnsNameserversMax: 5,
  hostRoutesMax: 20,
  fixedIpsPerPortMax: 64,
  tagsPerResourceMax: 50,

  /** Glance's own defaults. */
  imagePropertiesMax: 128,
  imageTagsMax: 128,
  imageMembersMax: 128,
  imagePageSize: 25,

  /** Keystone's own defaults, but for application credentials, which it does not count. */
  tokenLifeMillis: 3_600_000,
  projectTagsMax: 80,
  projectDepthMax: 5,
  applicationCredentialsPerUserMax: 1_000,
  /** Tokens whose signature is known to be good. */
  tokensCachedMax: 10_000,
  /** Tokens ended one by one; whoever ends more ends all of their own at once. */
  revocationsMax: 10_000,
  /** scrypt: 2 to this power rounds of 1 KiB blocks, about 40 ms; `passwordHashesMax` of them at a time. */
  passwordCostLogN: 14,
  passwordBlockSize: 8,
  passwordHashesMax: 4,

  instanceMailboxMax: 256,
  /** Power changes a slow listener may fall behind; the oldest are dropped, and power sync finds them. */
  fleetEventsMax: 65_536,
  hostMailboxMax: 8192,
  projectMailboxMax: 8192,
  schedulerMailboxMax: 65_536,
  conductorMailboxMax: 65_536,
  instanceIdleMillis: 1_000,
  hostIdleMillis: 3_600_000,
  projectIdleMillis: 600_000,
  schedulerIdleMillis: 3_600_000,
  conductorIdleMillis: 3_600_000,
  residentEntitiesMax: 20_000,
  askMillisMax: 30_000,
  /** One try of an ask; a process that stands still is not waited for longer. */
  askAttemptMillisMax: 10_000,
  askRetryMillis: 100,
  /** Whether a server was committed is asked for this long. */
  settleMillisMax: 300_000,
  localShards: 16,
  clusterShards: 256,
  /** A runner that has not been heard of for this long is given up; it says that it lives, and looks who does, this often. */
  leaseMillis: 3_000,
  leaseRefreshMillis: 1_000,
  membersPollMillis: 300,
  shardPollMillis: 1_000,
  /** The newest release's events are read by the one before it, and the other way round. */
  formatSkewMax: 1,
  /** A runner writes down how much of the journal it has seen this often. */
  highWaterMillis: 1_000,
  /** To open a connection to another runner. */
  runnerConnectMillis: 1_000,
  /** Between two tries of a message to an actor that nobody owns at the moment. */
  runnerSendRetryMillis: 50,
  /** A runner that is asked for its status and says nothing for this long is told as silent. */
  statusAskMillisMax: 2_000,
  /** Between two looks at whether a runner that is drained still holds shards. */
  drainPollMillis: 200,
  drainMillisMax: 60_000,
  /** More epochs than a cloud gives between two backups. */
  restoredEpochLeap: 1_000_000,
  /** Of one message between runners. */
  runnerFrameBytesMax: 16 * 1024 ** 2,
  entityStopMillis: 5_000,
  sendRetryMillis: 10,

  /** The front: between two looks at a runner, and how long one may take. */
  frontPollMillis: 250,
  frontHealthMillisMax: 1_000,
  /** Until a runner takes a connection. */
  frontConnectMillisMax: 2_000,
  /** Connections to one runner. */
  frontSocketsMax: 1_024,
  /** Longer than any runner is silent within a request. */
  frontIdleMillisMax: 75_000,

  /** Agents: what a runner says at least this often, and how long a silent side is believed to live. */
  agentPingMillis: 1_000,
  agentDeadMillis: 3_000,
  /** A host without an agent for this long is down, and calls to it fail. */
  agentGraceMillis: 10_000,
  /** A connection that has not attached a host by then is closed. */
  agentHelloMillis: 5_000,
  agentHellosMax: 8,
  agentConnectionsMax: 16_384,
  /** Connections that have not attached a host yet. */
  agentStrangersMax: 256,
  agentFrameBytesMax: 2 * 1024 ** 2,
  /** Of a connection that has not attached a host. */
  agentStrangerFrameBytesMax: 65_536,
  /** Calls in flight to one host. */
  agentCallsMax: 1_024,
  /** Outcomes an agent keeps for a runner that asks again. */
  agentAnswersMax: 256,
  /** Of one message; and what an agent keeps while its runner is slow, the oldest dropped. */
  agentEventsMax: 512,
  agentImageReadsMax: 4,
  agentImageChunkBytes: 262_144,
  /** Images an agent keeps beside those in use. */
  agentImagesMax: 16,
  /** The end of a console that crosses the wire. */
  agentTextCharsMax: 262_144,
  agentTokenBytes: 32,
  /** Refusals of agents are logged this often a minute; the rest are counted. */
  agentRefusalsLoggedMax: 10,
  /** Hosts that come within this time are written together. */
  agentBatchMillis: 50,
  agentRetryMillisMin: 200,
  agentRetryMillisMax: 5_000,
  agentUnownedMillisMax: 1_000,
  /** Between two tries of an agent that was refused for what only a person can change. */
  agentRefusedMillisMin: 1_000,
  agentRefusedMillisMax: 60_000,
  /** Redirects an agent follows at once, before it waits. */
  agentRedirectsMax: 4,
  /** Addresses of runners an agent remembers. */
  agentUrlsMax: 64,

  /** A step that has not been answered for this long is sent again. */
  stepRetryMillis: 30_000,
  /** A task that has not ended after this long ends in ERROR. */
  taskMillisMax: 600_000,
  watchdogMillis: 1_000,
  /** Between two comparisons of what should run with what runs (Nova's own default). */
  reconcileMillis: 600_000,
  /** Between two questions to a host that does not answer. */
  inventoryRetryMillis: 1_000,
  reconcileRetryMillis: 5_000,
  watchdogConcurrency: 64,
  buildAttemptsMax: 3,
  /** A live migration has so long for each GiB of its guest's memory (Nova's own default), and so long to be undone at a host before another is asked. */
  migrationGibMillisMax: 800_000,
  moveUndoMillisMax: 60_000,
  /** Of one server, that are over. */
  migrationsKeptMax: 16,
  /** How long a guest may take to shut down before its power is cut. */
  guestShutdownMillis: 60_000,
  /** A promise of quota that was neither used nor given back for this long: does who asked for it still live? */
  quotaHoldMillis: 60_000,
  /** Between the scheduler's pick and the server's word that it is placed. */
  placementHoldMillis: 60_000,
  /** Kinds of requests whose verdicts on every host the scheduler keeps. */
  requestClassesMax: 128,
  /** Reasons of a kind of requests that its refused hosts share; more are forgotten and told anew. */
  refusalTextsMax: 10_000,
  /** Requests for several servers at once whose places the scheduler remembers. */
  gangsKeptMax: 10_000,
  /** What the proof of a decision holds: groups of refused hosts, names in each, characters of a reason, hosts next to the best. */
  proofGroupsMax: 6,
  proofHostsNamedMax: 5,
  proofReasonCharsMax: 120,
  proofRunnersUpMax: 3,
  /** Ways out that a refusal names: of each kind; sizes of pages tried; hosts looked at for a server to move, servers of each, moves tried. */
  relaxationsOfKindMax: 3,
  relaxationPageSizesMax: 4,
  relaxationHostsMax: 32,
  relaxationServersMax: 64,
  relaxationMovesTriedMax: 8,
  /** Decisions that one answer explains: those of all servers that one request may make. */
  explanationsMax: 1000,
  /** Decisions kept with a server beside its last. */
  earlierPlacementsMax: 4,
  /** Premises of an earlier plan that a request may give back. */
  premisesMax: 10_000,
  /** Servers of one flavor that are counted on one host; of those with NUMA cells, on all hosts: each is fitted for itself. */
  capacityPerHostMax: 16_384,
  capacityFitsMax: 20_000,
  /** Moves of one drain at a time: where nobody says, and at most. */
  drainMovesUsual: 2,
  drainMovesMax: 16,
  /** Between two looks at a drain. */
  drainLookMillis: 500,
  /** Dry runs at a time, and more that wait for their turn. */
  dryRunsMax: 4,
  dryRunsWaitingMax: 32,
  /** A long computation beside other work: a slice of it between two turns of the event loop, and all of it, its wait included. Less than `askAttemptMillisMax`. */
  sliceMicrosMax: 500,
  sliceStepsMax: 4_096,
  slicedMillisMax: 8_000,
  /** Between two looks of the scheduler at which hosts are up; the one it picks is looked at in any case. */
  livenessMillis: 1_000,
  /** Hosts on which an affinity group that is made at once is tried as a whole. */
  gangHostsTriedMax: 64,
  conductors: 16,

  /** Placement, what its clients make. A name of a trait or a resource class has as many characters as Placement's own. */
  placementProvidersMax: 100_000,
  /** Of providers one under the other, the root among them. */
  placementDepthMax: 64,
  placementConsumersMax: 1_000_000,
  placementTraitsMax: 10_000,
  placementResourceClassesMax: 1_000,
  placementNameCharsMax: 255,
  /** Candidates of one answer, whatever limit the request names. */
  placementCandidatesMax: 10_000,
  /** Amounts and groups in all candidates of one answer. */
  placementCandidateLinesMax: 200_000,
  /** The search for candidates: steps of one tree without a find before the next has its turn, and of one request in all. */
  placementTurnSteps: 256,
  placementSearchSteps: 1_000_000,
  /** Finding again what another tree has given already counts as so many steps. */
  placementRepeatSteps: 16,

  actionLogMax: 100,
  deletedKeptMax: 10_000,
  writeRetriesMax: 8,

  processMetricsMillis: 10_000,

  commitBatchMax: 512,
  commitBusyMillis: 5_000,
  journalLockMillis: 500,
  journalQueueMax: 65_536,
  requestsKeptMillis: 3_600_000,
  scanPageMax: 2_000,
  /** Between two tries at a store that does not answer, and how many fail before the writers are told. */
  storeRetryMillis: 100,
  storeRetriesBeforeTold: 200,
  feedPageMax: 1_000,
  /** A request waits this long to see what other processes committed. */
  syncMillisMax: 10_000,
  /** A process that cannot see within this time what others committed says that it is not ready. */
  readySyncMillisMax: 1_000,
  /** Entries of its feed that the shared store keeps: a process that fell further behind starts again. */
  historyEntries: 50_000,
  /** What a writer sent last is known for this long after it. */
  writerKeptMillis: 86_400_000,
  redisConnectMillis: 5_000,
  redisCommandMillis: 5_000,
  /** Between two tries to connect again, at first and at most. */
  redisBackoffMillis: 50,
  redisBackoffMillisMax: 2_000,
  /** How long a server may read its files while somebody waits to open the store. */
  redisLoadingMillisMax: 120_000,
  redisFollowMillis: 1_000,
  /** Between two looks at who the sentinels, or the cluster, say is the master. */
  redisTopologyMillis: 2_000,
  /** Streams of one page of a scan, about. */
  redisScanCount: 100,
  /** Between the clock of the store and ours. */
  clockSkewMillisMax: 5_000,
  /** Entries the memory journal keeps for late readers of its feed; SQLite keeps all. */
  memoryFeedMax: 100_000
} as const
