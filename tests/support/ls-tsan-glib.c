/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tells the thread sanitizer what GLib synchronises.
 *
 * GLib's locks are futexes of its own and the library is not instrumented, so the sanitizer sees neither a mutex nor a
 * hand-over through a queue, a source or a reference count, and calls every one of them a race. This file stands in front
 * of the functions that hand memory from thread to thread, says "released" before and "acquired" after, and calls GLib.
 * It is linked into programs only when they are built with -Db_sanitize=thread. */
#define G_LOG_DOMAIN "ls-tsan"

#include <dlfcn.h>
#include <gio/gio.h>
#include <stdint.h>

#define PUBLIC __attribute__ ((visibility ("default"), no_sanitize ("thread")))

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* The function that this one stands in front of. */
#define REAL(name) \
  static __typeof__ (&name) real; \
  if (G_UNLIKELY (real == NULL)) \
    real = (__typeof__ (&name)) dlsym (RTLD_NEXT, #name)

#undef g_async_queue_push
#undef g_main_context_invoke
#undef g_object_ref
#undef g_once_init_enter
#undef g_once_init_leave

/* --- Locks ---------------------------------------------------------------------------------- */

#define LOCK(name, Type) \
  PUBLIC void name (Type *lock) \
  { \
    REAL (name); \
    real (lock); \
    __tsan_acquire (lock); \
  }

#define TRY_LOCK(name, Type) \
  PUBLIC gboolean name (Type *lock) \
  { \
    REAL (name); \
    if (!real (lock)) \
      return FALSE; \
    __tsan_acquire (lock); \
    return TRUE; \
  }

#define UNLOCK(name, Type) \
  PUBLIC void name (Type *lock) \
  { \
    REAL (name); \
    __tsan_release (lock); \
    real (lock); \
  }

LOCK (g_mutex_lock, GMutex)
TRY_LOCK (g_mutex_trylock, GMutex)
UNLOCK (g_mutex_unlock, GMutex)
LOCK (g_rec_mutex_lock, GRecMutex)
TRY_LOCK (g_rec_mutex_trylock, GRecMutex)
UNLOCK (g_rec_mutex_unlock, GRecMutex)
LOCK (g_rw_lock_writer_lock, GRWLock)
TRY_LOCK (g_rw_lock_writer_trylock, GRWLock)
UNLOCK (g_rw_lock_writer_unlock, GRWLock)
LOCK (g_rw_lock_reader_lock, GRWLock)
TRY_LOCK (g_rw_lock_reader_trylock, GRWLock)
UNLOCK (g_rw_lock_reader_unlock, GRWLock)

PUBLIC void
g_cond_wait (GCond  *cond,
             GMutex *mutex)
{
  REAL (g_cond_wait);
  __tsan_release (mutex);
  real (cond, mutex);
  __tsan_acquire (mutex);
}

PUBLIC gboolean
g_cond_wait_until (GCond  *cond,
                   GMutex *mutex,
                   int64_t end_time)
{
  gboolean result;

  REAL (g_cond_wait_until);
  __tsan_release (mutex);
  result = real (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return result;
}

PUBLIC void
(g_once_init_leave) (volatile void *location,
                     size_t         result)
{
  REAL (g_once_init_leave);
  __tsan_release ((void *) location);
  real (location, result);
}

/* --- Queues of messages ---------------------------------------------------------------------- */

PUBLIC void
g_async_queue_push (GAsyncQueue *queue,
                    void        *data)
{
  REAL (g_async_queue_push);
  __tsan_release (queue);
  real (queue, data);
}

PUBLIC void *
g_async_queue_pop (GAsyncQueue *queue)
{
  void *data;

  REAL (g_async_queue_pop);
  data = real (queue);
  __tsan_acquire (queue);
  return data;
}

PUBLIC void *
g_async_queue_try_pop (GAsyncQueue *queue)
{
  void *data;

  REAL (g_async_queue_try_pop);
  data = real (queue);
  __tsan_acquire (queue);
  return data;
}

PUBLIC void *
g_async_queue_timeout_pop (GAsyncQueue *queue,
                           uint64_t     timeout)
{
  void *data;

  REAL (g_async_queue_timeout_pop);
  data = real (queue, timeout);
  __tsan_acquire (queue);
  return data;
}

/* --- Main contexts --------------------------------------------------------------------------- */

/* A callback on its way to the thread that calls it. */
typedef struct
{
  GSourceFunc func;
  void *data;
  GDestroyNotify notify;
} Call;

static void *
call_new (GSourceFunc    func,
          void          *data,
          GDestroyNotify notify)
{
  Call *call = g_new (Call, 1);

  *call = (Call) { func, data, notify };
  __tsan_release (call);
  return call;
}

static gboolean
call_cb (void *data)
{
  Call *call = data;

  __tsan_acquire (call);
  return call->func (call->data);
}

static void
call_free (void *data)
{
  Call *call = data;

  __tsan_acquire (call);
  if (call->notify != NULL)
    call->notify (call->data);
  g_free (call);
}

PUBLIC unsigned
g_idle_add_full (int            priority,
                 GSourceFunc    function,
                 void          *data,
                 GDestroyNotify notify)
{
  REAL (g_idle_add_full);
  return real (priority, call_cb, call_new (function, data, notify), call_free);
}

PUBLIC unsigned
g_timeout_add_full (int            priority,
                    unsigned       interval,
                    GSourceFunc    function,
                    void          *data,
                    GDestroyNotify notify)
{
  REAL (g_timeout_add_full);
  return real (priority, interval, call_cb, call_new (function, data, notify), call_free);
}

PUBLIC void
g_main_context_invoke_full (GMainContext  *context,
                            int            priority,
                            GSourceFunc    function,
                            void          *data,
                            GDestroyNotify notify)
{
  REAL (g_main_context_invoke_full);
  real (context, priority, call_cb, call_new (function, data, notify), call_free);
}

PUBLIC void
g_main_context_invoke (GMainContext *context,
                       GSourceFunc   function,
                       void         *data)
{
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, function, data, NULL);
}

/* Sources of GLib's own kinds call back with the data as the last argument, but not all with one argument: only those of
 * idle sources and timeouts, which these are, are wrapped. Others hand over by a lock. */
PUBLIC void
g_source_set_callback (GSource       *source,
                       GSourceFunc    function,
                       void          *data,
                       GDestroyNotify notify)
{
  REAL (g_source_set_callback);
  if (function != NULL &&
      (source->source_funcs == &g_idle_funcs || source->source_funcs == &g_timeout_funcs))
    real (source, call_cb, call_new (function, data, notify), call_free);
  else
    real (source, function, data, notify);
}

PUBLIC unsigned
g_source_attach (GSource      *source,
                 GMainContext *context)
{
  REAL (g_source_attach);
  __tsan_release (source);
  return real (source, context);
}

/* --- Tasks and pools ------------------------------------------------------------------------- */

static GQuark
thread_func_quark (void)
{
  return g_quark_from_static_string ("ls-tsan-thread-func");
}

static void
task_thread_cb (GTask        *task,
                void         *source_object,
                void         *task_data,
                GCancellable *cancellable)
{
  GTaskThreadFunc func = (GTaskThreadFunc) g_object_get_qdata (G_OBJECT (task), thread_func_quark ());

  __tsan_acquire (task);
  func (task, source_object, task_data, cancellable);
}

PUBLIC void
g_task_run_in_thread (GTask          *task,
                      GTaskThreadFunc func)
{
  REAL (g_task_run_in_thread);
  g_object_set_qdata (G_OBJECT (task), thread_func_quark (), (void *) func);
  __tsan_release (task);
  real (task, task_thread_cb);
}

#define TASK_RETURN(name, Parameters, ...) \
  PUBLIC void name Parameters \
  { \
    REAL (name); \
    __tsan_release (task); \
    real (__VA_ARGS__); \
  }

TASK_RETURN (g_task_return_pointer, (GTask *task, void *result, GDestroyNotify notify), task, result, notify)
TASK_RETURN (g_task_return_boolean, (GTask *task, gboolean result), task, result)
TASK_RETURN (g_task_return_int, (GTask *task, gssize result), task, result)
TASK_RETURN (g_task_return_error, (GTask *task, GError *error), task, error)

#define TASK_PROPAGATE(name, Result) \
  PUBLIC Result name (GTask *task, GError **error) \
  { \
    REAL (name); \
    __tsan_acquire (task); \
    return real (task, error); \
  }

TASK_PROPAGATE (g_task_propagate_pointer, void *)
TASK_PROPAGATE (g_task_propagate_boolean, gboolean)
TASK_PROPAGATE (g_task_propagate_int, gssize)

typedef struct
{
  GFunc func;
  void *data;
} Pool;

static void
pool_cb (void *data,
         void *user_data)
{
  Pool *pool = user_data;

  __tsan_acquire (data);
  pool->func (data, pool->data);
}

PUBLIC GThreadPool *
g_thread_pool_new (GFunc    func,
                   void    *user_data,
                   int      max_threads,
                   gboolean exclusive,
                   GError **error)
{
  /* Lives as long as the pool, which lives as long as the program. */
  Pool *pool = g_new (Pool, 1);

  REAL (g_thread_pool_new);
  *pool = (Pool) { func, user_data };
  return real (pool_cb, pool, max_threads, exclusive, error);
}

PUBLIC gboolean
g_thread_pool_push (GThreadPool *pool,
                    void        *data,
                    GError     **error)
{
  REAL (g_thread_pool_push);
  __tsan_release (data);
  return real (pool, data, error);
}

/* --- Reference counts ------------------------------------------------------------------------ */

/* Whoever drops the last reference has seen all that the others did to the object. */
#define UNREF(name, Type) \
  PUBLIC void name (Type *object) \
  { \
    REAL (name); \
    __tsan_acquire (object); \
    __tsan_release (object); \
    real (object); \
  }

UNREF (g_object_unref, void)
UNREF (g_bytes_unref, GBytes)
UNREF (g_variant_unref, GVariant)
UNREF (g_hash_table_unref, GHashTable)
UNREF (g_ptr_array_unref, GPtrArray)
UNREF (g_array_unref, GArray)
UNREF (g_byte_array_unref, GByteArray)
UNREF (g_main_context_unref, GMainContext)
UNREF (g_source_unref, GSource)
UNREF (g_async_queue_unref, GAsyncQueue)
UNREF (g_time_zone_unref, GTimeZone)
UNREF (g_date_time_unref, GDateTime)
UNREF (g_atomic_rc_box_release, void)

PUBLIC gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  REAL (g_atomic_ref_count_dec);
  __tsan_acquire ((void *) count);
  __tsan_release ((void *) count);
  return real (count);
}

PUBLIC void
g_ref_string_release (char *string)
{
  REAL (g_ref_string_release);
  __tsan_acquire (string);
  __tsan_release (string);
  real (string);
}

PUBLIC void
g_atomic_rc_box_release_full (void          *box,
                              GDestroyNotify clear)
{
  REAL (g_atomic_rc_box_release_full);
  __tsan_acquire (box);
  __tsan_release (box);
  real (box, clear);
}
