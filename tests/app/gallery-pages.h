/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/**
 * GalleryPage:
 * @name: name in the stack and in file names
 * @title: what the sidebar calls it
 * @create: makes the page
 *
 * One page of the gallery.
 */
typedef struct
{
  const char *name;
  const char *title;
  GtkWidget *(*create) (void);
} GalleryPage;

/**
 * gallery_pages:
 *
 * All pages, ended by one without a name.
 */
extern const GalleryPage gallery_pages[];
