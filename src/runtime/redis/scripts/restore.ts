import { script } from "./script.ts"

/** What stands for the format while a store is filled: nobody can open it. */
export const filling = "restoring"

/**
 * KEYS: meta, position, feed, epochs, types, members. Takes an empty store for a restore; one that was opened and never
 * written to is empty. Answers what is in its way, or an empty text.
 */
export const begin = script(`
if redis.call('HGET', KEYS[1], 'format') == '${filling}' then return 'restoring' end
for index = 2, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 1 then return 'used' end
end
redis.call('HSET', KEYS[1], 'format', '${filling}')
return ''
`)

/** KEYS: meta, position, epochs. ARGV: format, cloudId, timeline, position, (shard, epoch)*. Opens it for runners. */
export const finish = script(`
if redis.call('HGET', KEYS[1], 'format') ~= '${filling}' then return redis.error_reply('STALE nobody is restoring this store') end
for index = 5, #ARGV, 2 do redis.call('HSET', KEYS[3], ARGV[index], ARGV[index + 1]) end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'cloudId', ARGV[2], 'timeline', ARGV[3])
return 1
`)
