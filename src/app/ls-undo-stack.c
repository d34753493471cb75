/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-undo-stack"

#include "config.h"

#include "app/ls-undo-stack.h"

#include "core/ls-error.h"

/**
 * LsUndoStack:
 *
 * What the admin did in one window, or in windows that are linked, step by step. To undo a step is
 * to make the edit that does the opposite, with what he had set as the value seen: where somebody
 * else was at it since, that is a conflict like any other and says so. A step that failed, was
 * taken back or was lost has nothing to undo and goes. Main thread only.
 *
 * Properties can-undo and can-redo notify. Signals:
 *
 * - confirmed (changes, redone): a step was confirmed by the server, once a step; whether it was an
 *   undo;
 * - failed (error): an undo or redo could not even be tried.
 */
struct _LsUndoStack {
  GObject parent_instance;

  LsStore *store;
  GQueue done;   /* Step, the last one at the tail */
  GQueue undone; /* Step */
  gboolean busy; /* one at a time: the next builds on it */
};

/* How many steps back one can go. */
#define MAX_STEPS 100

/* One edit's share of a step. */
typedef struct {
  char *mid;
  GPtrArray *changes;
  bool gone;
  bool confirmed;
} Part;

typedef enum {
  DO,
  UNDO,
  REDO,
} StepKind;

typedef struct {
  char *shop;
  GPtrArray *parts;
  StepKind kind;
  bool told;
} Step;

typedef struct {
  LsUndoStack *stack;
  StepKind kind;
  char *shop;
} Doing;

G_DEFINE_FINAL_TYPE (LsUndoStack, ls_undo_stack, G_TYPE_OBJECT)

typedef enum {
  PROP_CAN_UNDO = 1,
  PROP_CAN_REDO,
} LsUndoStackProperty;

static GParamSpec *properties[PROP_CAN_REDO + 1];

enum {
  CONFIRMED,
  FAILED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void
part_free (gpointer data)
{
  Part *part = data;

  g_free (part->mid);
  g_ptr_array_unref (part->changes);
  g_free (part);
}

static void
step_free (gpointer data)
{
  Step *step = data;

  g_free (step->shop);
  g_ptr_array_unref (step->parts);
  g_free (step);
}

/* What became of an edit before its maker heard that it is made. */
static void
note_at_once (LsUndoStack  *self,
              Step         *step,
              Part         *part,
              const LsEdit *edit)
{
  const LsEdit *now = ls_store_find_edit (self->store, edit->mid);

  /* It joined one that waited, and nothing is left of both. To do that again needs an edit. */
  if (edit->state == LS_EDIT_DISCARDED)
    {
      part->gone = step->kind == DO;
      step->told = true;
    }
  else if (now == NULL)
    part->confirmed = true;
  else
    part->gone = now->state == LS_EDIT_DEAD || now->state == LS_EDIT_LOST;
}

static Step *
step_new (LsUndoStack       *self,
          const char        *shop,
          const LsStoreMade *made,
          StepKind           kind)
{
  Step *step = g_new0 (Step, 1);

  step->shop = g_strdup (shop);
  step->kind = kind;
  step->parts = g_ptr_array_new_with_free_func (part_free);
  for (unsigned i = 0; i < made->edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (made->edits, i);
      Part *part = g_new0 (Part, 1);

      part->mid = g_strdup (edit->mid);
      part->changes = g_ptr_array_ref (g_ptr_array_index (made->seen, i));
      g_ptr_array_add (step->parts, part);
      note_at_once (self, step, part, edit);
    }
  return step;
}

/* All that a step still stands for, in order. */
static GPtrArray *
step_changes (const Step *step)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (unsigned i = 0; i < step->parts->len; i++)
    {
      const Part *part = g_ptr_array_index (step->parts, i);

      for (unsigned j = 0; !part->gone && j < part->changes->len; j++)
        g_ptr_array_add (changes, ls_change_ref (g_ptr_array_index (part->changes, j)));
    }
  return changes;
}

static void
notify_both (LsUndoStack *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAN_UNDO]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAN_REDO]);
}

static void
tell_if_confirmed (LsUndoStack *self,
                   Step        *step)
{
  g_autoptr (GPtrArray) changes = NULL;

  for (unsigned i = 0; i < step->parts->len; i++)
    {
      const Part *part = g_ptr_array_index (step->parts, i);

      if (!part->confirmed && !part->gone)
        return;
    }
  changes = step_changes (step);
  if (step->told || changes->len == 0)
    return;
  step->told = true;
  g_signal_emit (self, signals[CONFIRMED], 0, changes, step->kind == UNDO);
}

static bool
is_gone (const Step *step)
{
  for (unsigned i = 0; i < step->parts->len; i++)
    if (!((Part *) g_ptr_array_index (step->parts, i))->gone)
      return false;
  return true;
}

static void
take_step (LsUndoStack *self,
           GQueue      *steps,
           Step        *step)
{
  if (is_gone (step))
    {
      step_free (step);
      return;
    }
  g_queue_push_tail (steps, step);
  if (steps->length > MAX_STEPS)
    step_free (g_queue_pop_head (steps));
  tell_if_confirmed (self, step);
  notify_both (self);
}

/* Whether the step is about @edit. */
static bool
note_edit (Step         *step,
           const LsEdit *edit)
{
  bool concerned = false;

  for (unsigned i = 0; i < step->parts->len; i++)
    {
      Part *part = g_ptr_array_index (step->parts, i);

      if (!g_str_equal (part->mid, edit->mid))
        continue;
      concerned = true;
      part->confirmed = part->confirmed || edit->state == LS_EDIT_APPLIED;
      /* An undo that came to nothing with what it undid can still be done again. */
      part->gone = part->gone || edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_LOST ||
                   (edit->state == LS_EDIT_DISCARDED && step->kind != UNDO);
    }
  return concerned;
}

static void
note_edits (LsUndoStack  *self,
            GQueue       *steps,
            const LsEdit *edit)
{
  GList *next;

  for (GList *link = steps->head; link != NULL; link = next)
    {
      Step *step = link->data;

      next = link->next;
      if (!note_edit (step, edit))
        continue;
      tell_if_confirmed (self, step);
      if (!is_gone (step))
        continue;
      g_queue_delete_link (steps, link);
      step_free (step);
      notify_both (self);
    }
}

static void
edit_changed_cb (LsUndoStack *self,
                 LsEdit      *edit)
{
  note_edits (self, &self->done, edit);
  note_edits (self, &self->undone, edit);
}

static void
doing_free (Doing *doing)
{
  g_object_unref (doing->stack);
  g_free (doing->shop);
  g_free (doing);
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Doing *doing = user_data;
  LsUndoStack *self = doing->stack;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStoreMade) made =
      ls_store_mutate_many_finish (LS_STORE (source), result, &error);

  self->busy = FALSE;
  if (made != NULL)
    take_step (self, doing->kind == UNDO ? &self->undone : &self->done,
               step_new (self, doing->shop, made, doing->kind));
  else
    g_signal_emit (self, signals[FAILED], 0, error);
  notify_both (self);
  doing_free (doing);
}

static void
turn_back (LsUndoStack *self,
           GQueue      *steps,
           StepKind     kind)
{
  Step *step = self->busy ? NULL : g_queue_pop_tail (steps);
  g_autoptr (GPtrArray) changes = step != NULL ? step_changes (step) : NULL;
  g_autoptr (GPtrArray) inverse = NULL;
  Doing *doing;

  if (step == NULL)
    return;
  inverse = ls_changes_new_inverse (changes);
  if (inverse != NULL && inverse->len > 0)
    {
      doing = g_new0 (Doing, 1);
      doing->stack = g_object_ref (self);
      doing->kind = kind;
      doing->shop = g_strdup (step->shop);
      self->busy = TRUE;
      ls_store_mutate_many_async (self->store, step->shop, inverse, NULL, done_cb, doing);
    }
  step_free (step);
  notify_both (self);
}

static void
ls_undo_stack_get_property (GObject    *object,
                            unsigned    property_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  LsUndoStack *self = LS_UNDO_STACK (object);

  switch ((LsUndoStackProperty) property_id)
    {
    case PROP_CAN_UNDO:
      g_value_set_boolean (value, ls_undo_stack_can_undo (self));
      break;
    case PROP_CAN_REDO:
      g_value_set_boolean (value, ls_undo_stack_can_redo (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
ls_undo_stack_finalize (GObject *object)
{
  LsUndoStack *self = LS_UNDO_STACK (object);

  g_queue_clear_full (&self->done, step_free);
  g_queue_clear_full (&self->undone, step_free);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ls_undo_stack_parent_class)->finalize (object);
}

static void
ls_undo_stack_class_init (LsUndoStackClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = ls_undo_stack_finalize;
  object_class->get_property = ls_undo_stack_get_property;

  properties[PROP_CAN_UNDO] = g_param_spec_boolean ("can-undo", NULL, NULL, FALSE, flags);
  properties[PROP_CAN_REDO] = g_param_spec_boolean ("can-redo", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsUndoStack::confirmed:
   * @self: the stack
   * @changes: (type GPtrArray) (element-type LsChange): what is saved now
   * @undone: whether it was an undo
   *
   * The server has a step.
   */
  signals[CONFIRMED] =
      g_signal_new ("confirmed", LS_TYPE_UNDO_STACK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_PTR_ARRAY, G_TYPE_BOOLEAN);
  /**
   * LsUndoStack::failed:
   * @self: the stack
   * @error: why
   *
   * An undo or redo does not fit the rows any more.
   */
  signals[FAILED] = g_signal_new ("failed", LS_TYPE_UNDO_STACK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
ls_undo_stack_init (LsUndoStack *self)
{
  g_queue_init (&self->done);
  g_queue_init (&self->undone);
}

/**
 * ls_undo_stack_new:
 * @store: whose edits it undoes
 *
 * Returns: (transfer full): an empty stack
 */
LsUndoStack *
ls_undo_stack_new (LsStore *store)
{
  LsUndoStack *self = g_object_new (LS_TYPE_UNDO_STACK, NULL);

  self->store = g_object_ref (store);
  g_signal_connect_object (store, "edit-changed", G_CALLBACK (edit_changed_cb), self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * ls_undo_stack_push:
 * @self: a stack
 * @shop: the shop
 * @made: what the admin did
 *
 * Remembers a step. What was undone before can't be done again from here on.
 */
void
ls_undo_stack_push (LsUndoStack       *self,
                    const char        *shop,
                    const LsStoreMade *made)
{
  g_queue_clear_full (&self->undone, step_free);
  take_step (self, &self->done, step_new (self, shop, made, DO));
}

/**
 * ls_undo_stack_can_undo:
 * @self: a stack
 *
 * Returns: whether there is a step to undo
 */
gboolean
ls_undo_stack_can_undo (LsUndoStack *self)
{
  return !self->busy && self->done.length > 0;
}

/**
 * ls_undo_stack_can_redo:
 * @self: a stack
 *
 * Returns: whether there is a step that was undone
 */
gboolean
ls_undo_stack_can_redo (LsUndoStack *self)
{
  return !self->busy && self->undone.length > 0;
}

/**
 * ls_undo_stack_undo:
 * @self: a stack
 *
 * Undoes the last step that is not undone yet.
 */
void
ls_undo_stack_undo (LsUndoStack *self)
{
  turn_back (self, &self->done, UNDO);
}

/**
 * ls_undo_stack_redo:
 * @self: a stack
 *
 * Does the step again that was undone last.
 */
void
ls_undo_stack_redo (LsUndoStack *self)
{
  turn_back (self, &self->undone, REDO);
}
